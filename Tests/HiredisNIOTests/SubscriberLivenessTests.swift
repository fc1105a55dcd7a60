import Logging
import NIOCore
import NIOPosix
import Testing

@testable import HiredisNIO

@Suite("A subscriber's connection is lost when nothing answers what was sent, and no sooner", .timeLimit(.minutes(1)))
struct SubscriberLivenessTests {
  let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

  func at(_ milliseconds: Int64) -> NIODeadline { start + .milliseconds(milliseconds) }

  var liveness: SubscriberLiveness { SubscriberLiveness(interval: .seconds(5), now: start, readCount: 7) }

  @Test("A command sent after a long silence has a whole interval to be answered")
  func sentLate() {
    var liveness = liveness
    liveness.sent(at: at(4_999), readCount: 7)
    #expect(liveness.check(at: at(5_000), readCount: 7, isAnswerDue: true) == .look(at: at(9_999)))
    #expect(liveness.check(at: at(9_998), readCount: 7, isAnswerDue: true) == .look(at: at(9_999)))
    #expect(liveness.check(at: at(9_999), readCount: 7, isAnswerDue: true) == .lost)
  }

  @Test("A silent connection is asked after an interval, and lost an interval after that")
  func silent() {
    var liveness = liveness
    #expect(liveness.check(at: at(5_000), readCount: 7, isAnswerDue: false) == .ask)
    liveness.sent(at: at(5_000), readCount: 7)
    #expect(liveness.check(at: at(10_000), readCount: 7, isAnswerDue: true) == .lost)
  }

  @Test("Whatever is read is a sign of life, a part of a reply too")
  func reading() {
    var liveness = liveness
    liveness.sent(at: at(100), readCount: 7)
    #expect(liveness.check(at: at(5_100), readCount: 8, isAnswerDue: true) == .look(at: at(10_100)))
    #expect(liveness.check(at: at(10_100), readCount: 8, isAnswerDue: true) == .lost)
    #expect(liveness.check(at: at(10_100), readCount: 9, isAnswerDue: false) == .look(at: at(15_100)))
  }

  @Test("A server that never confirms is left, and the next connection subscribes again")
  func neverConfirmed() async throws {
    let server = try await ScriptedServer.start([])
    let subscriber = RedisSubscriber(
      configuration: RedisConfiguration(address: .tcp(host: "127.0.0.1", port: server.port)),
      eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), topology: nil,
      livenessInterval: .milliseconds(50))
    let events = subscriber.events(of: "c")
    _ = await server.accepted.next()
    _ = await server.accepted.next()
    await subscriber.shutdown()
    var iterator = events.makeAsyncIterator()
    guard case .failed(let error)? = await iterator.next() else {
      Issue.record("it must fail")
      return
    }
    #expect(error.code == .shutDown)
    await server.stop()
  }

  @Test("A status line that is no PONG is no sign of life but an answer to nothing")
  func strayStatus() async throws {
    let server = try await ScriptedServer.start(["+OK\r\n"])
    let subscriber = RedisSubscriber(
      configuration: RedisConfiguration(address: .tcp(host: "127.0.0.1", port: server.port)),
      eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), topology: nil,
      livenessInterval: .milliseconds(50))
    // It is asked for a sign of life, gives another, and is left.
    subscriber.start()
    _ = await server.accepted.next()
    _ = await server.accepted.next()
    await subscriber.shutdown()
    await server.stop()
  }
}
