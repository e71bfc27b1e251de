import Hummingbird
import NIOCore

/// What Hummingbird hands along with a request: here, the connection that it came on.
struct ServerContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }
}

/// Closes a connection as soon as the client has closed its side of it.
///
/// The half that is left would only tell of the client's leaving once a write fails, and until then
/// an answer would be computed for nobody.
final class DisconnectHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = Never

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed {
      context.close(promise: nil)
    }
    context.fireUserInboundEventTriggered(event)
  }
}
