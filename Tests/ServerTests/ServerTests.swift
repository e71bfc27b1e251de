import HummingbirdTesting
import Testing

@Suite struct ServerTests {}
