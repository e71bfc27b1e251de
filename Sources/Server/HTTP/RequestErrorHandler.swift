import HTTPTypes
import NIOCore
import NIOHTTP1
import SafeIO

/// Answers what is no request: heads that are too large, and bytes that are no HTTP.
///
/// The parser fails before there is a request that the application could answer. Such an answer ends the connection; what
/// the client still sends is dropped for a moment, since bytes left unread would make the system take it back. While
/// earlier requests of the connection are being answered it waits for their ends.
final class RequestErrorHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let onRefusal: @Sendable (APIError, _ requestID: String) -> Void
  /// Requests that were read and whose answers are not written yet.
  private var open = 0
  /// Whether the last of them has not been read to its end.
  private var isInsideRequest = false
  private var hasRefused = false
  /// What is to be said once the answers before it are written.
  private var waiting: APIError?

  init(onRefusal: @escaping @Sendable (APIError, _ requestID: String) -> Void) {
    self.onRefusal = onRefusal
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch Self.unwrapInboundIn(data) {
    case .head:
      open += 1
      isInsideRequest = true
    case .body: break
    case .end: isInsideRequest = false
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    context.write(data, promise: promise)
    guard case .end = Self.unwrapOutboundIn(data) else { return }
    open -= 1
    guard open == 0, let failure = waiting else { return }
    waiting = nil
    refuse(failure, context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The parser tells of every further byte.
    if hasRefused { return }
    // What is wrong with a request that is being read, who answers it must know.
    guard !isInsideRequest, let error = error as? HTTPParserError else {
      context.fireErrorCaught(error)
      return
    }
    hasRefused = true
    let failure = Self.refusal(of: error)
    if open == 0 { refuse(failure, context) } else { waiting = failure }
  }

  private static func refusal(of error: HTTPParserError) -> APIError {
    guard error == .headerOverflow else {
      return APIError(.badRequest, code: "invalid_http", "this is not a request of HTTP/1.1")
    }
    return APIError(
      .requestHeaderFieldsTooLarge, code: "headers_too_large",
      "the URL or the headers are too large: \(limits.field) bytes each, \(limits.all) together and "
        + "\(limits.count) headers are the limits")
  }

  /// Bytes of one header, of all, and how many there may be.
  static let limits = (field: 16 << 10, all: 32 << 10, count: 100)

  private func refuse(_ failure: APIError, _ context: ChannelHandlerContext) {
    let id = RequestIdentifier.choose(nil)
    onRefusal(failure, id)
    let body = context.channel.allocator.buffer(string: failure.json.serialized())
    let head = HTTPResponseHead(
      version: .http1_1, status: .custom(failure.status),
      headers: [
        "content-type": "application/json", "content-length": "\(body.readableBytes)",
        "connection": "close", "cache-control": "no-store", "x-content-type-options": "nosniff",
        "x-request-id": id,
      ])
    context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
    context.write(Self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    context.close(mode: .output, promise: nil)
    let channel = context.channel
    context.eventLoop.scheduleTask(in: .milliseconds(500)) { channel.close(promise: nil) }
  }
}

extension HTTPResponseStatus {
  fileprivate static func custom(_ status: HTTPResponse.Status) -> HTTPResponseStatus {
    HTTPResponseStatus(statusCode: status.code, reasonPhrase: status.reasonPhrase)
  }
}

/// Puts a `RequestErrorHandler` behind the parser: Hummingbird adds handlers behind its own translation of parts only.
final class RequestErrorSetup: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = Never

  private let onRefusal: @Sendable (APIError, _ requestID: String) -> Void

  init(onRefusal: @escaping @Sendable (APIError, _ requestID: String) -> Void) {
    self.onRefusal = onRefusal
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let pipeline = context.pipeline.syncOperations
    do {
      let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
      try pipeline.addHandler(
        RequestErrorHandler(onRefusal: onRefusal), position: .after(parser))
    } catch {
      // Without a parser, as in tests without a network, there are no such errors.
    }
  }
}
