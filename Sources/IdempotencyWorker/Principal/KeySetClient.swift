import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// Fetches an issuer's key set: one GET on a connection of its own.
///
/// It reads the answer with this worker's own ``AnswerDecoder``, which is strict and bounded in every part, so that there
/// is one reader of HTTP/1.1 in this process and no second parser. It follows no redirect, decompresses nothing, and
/// keeps no connection: what is fetched once in minutes needs none of that.
struct KeySetClient: Sendable {
  /// Where the set is.
  let address: KeysAddress
  private let tls: NIOSSLContext?
  /// From the look-up of the name to the last byte.
  private let timeout: TimeAmount

  /// A whole answer.
  struct Answer: Sendable {
    let body: Data
    /// How long it may be kept, in seconds; nil where it does not say.
    let lifetime: Int?
  }

  /// Why there is no answer.
  struct Failure: Error, CustomStringConvertible {
    /// A sentence for the operator; nothing that came over the wire stands in it.
    let description: String
  }

  /// Makes a client.
  /// - Parameters:
  ///   - address: Where the set is.
  ///   - caFile: The authorities that its certificate must come from, a file that is read now; nil for the system's.
  ///   - timeout: From the look-up of the name to the last byte. 5 s: an issuer answers within one, as a rule, and a
  ///     worker's start waits for it.
  /// - Throws: What is wrong with the file.
  init(address: KeysAddress, caFile: String? = nil, timeout: TimeAmount = .seconds(5)) throws {
    self.address = address
    self.timeout = timeout
    tls = address.server.isTLS ? try NIOSSLContext(configuration: ClientTLS(caFile: caFile).tls()) : nil
  }

  /// Fetches the set.
  /// - Throws: ``Failure``, or what the network says.
  func fetch() async throws -> Answer {
    // One loop for the connection and for who waits.
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    let promise = eventLoop.makePromise(of: Answer.self)
    let alarm = eventLoop.scheduleTask(in: timeout) {
      promise.fail(Failure(description: "It gave no whole answer within \(timeout.nanoseconds / 1_000_000) ms."))
    }
    let server = address.server
    let connecting = ClientBootstrap(group: eventLoop)
      .connectTimeout(timeout)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let sync = channel.pipeline.syncOperations
          if let tls { try sync.addHandler(server.tlsHandler(tls)) }
          try sync.addHandler(KeySetExchange(address, promise))
        }
      }
      .connect(host: server.host, port: server.port)
    connecting.whenFailure { promise.fail($0) }
    // Also a connection that is made when nobody waits for it any more.
    connecting.whenSuccess { channel in promise.futureResult.whenComplete { _ in channel.close(promise: nil) } }
    promise.futureResult.whenComplete { _ in alarm.cancel() }
    return try await promise.futureResult.get()
  }
}

/// One request for a key set, and its answer.
private final class KeySetExchange: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let address: KeysAddress
  private let promise: EventLoopPromise<KeySetClient.Answer>
  private var decoder = AnswerDecoder(limits: MessageLimits())
  private var body = ByteBuffer()
  private var lifetime: Int?
  /// There is an answer, or there will be none: what still comes is thrown away.
  private var isOver = false

  init(_ address: KeysAddress, _ promise: EventLoopPromise<KeySetClient.Answer>) {
    self.address = address
    self.promise = promise
  }

  func handlerAdded(context: ChannelHandlerContext) {
    promise.futureResult.assumeIsolated().whenComplete { _ in self.isOver = true }
  }

  func channelActive(context: ChannelHandlerContext) {
    let request = """
      GET \(address.target) HTTP/1.1\r
      Host: \(address.server.authority)\r
      Accept: application/jwk-set+json, application/json\r
      User-Agent: idempotency-worker/\(workerVersion)\r
      Connection: close\r
      \r

      """
    decoder.expect(toHead: false)
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // A server that sends on while TLS says its end must not fill the memory.
    if isOver { return }
    decoder.append(unwrapInboundIn(data))
    do {
      while let part = try decoder.next() { try take(part) }
    } catch let error as BadMessage {
      fail("Its answer cannot be read: \(error.detail)", context)
    } catch {
      fail("\(error)", context)
    }
  }

  private func take(_ part: AnswerDecoder.Part) throws {
    switch part {
    case .interim: break
    case .head(let head):
      guard head.status == 200 else { throw KeySetClient.Failure(description: "It answered with \(head.status).") }
      lifetime = CacheLifetime.seconds(
        cacheControl: head.fields.values("cache-control"), age: head.fields.values("age"))
    case .body(let bytes):
      guard body.readableBytes + bytes.readableBytes <= KeySet.maximumSize else {
        throw KeySetClient.Failure(description: "Its answer is larger than 1 MiB: no issuer's key set is.")
      }
      body.writeImmutableBuffer(bytes)
    case .end: promise.succeed(KeySetClient.Answer(body: Data(body.readableBytesView), lifetime: lifetime))
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    fail("The connection broke: \(error)", context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    if let end = decoder.finish() { try? take(end) }
    fail("It closed the connection before its answer was whole.", context)
    context.fireChannelInactive()
  }

  /// Says nothing where the answer is there already.
  private func fail(_ reason: String, _ context: ChannelHandlerContext) {
    promise.fail(KeySetClient.Failure(description: reason))
    context.close(promise: nil)
  }
}
