import Idempotency
import NIOCore
import NIOEmbedded
import Testing

@testable import IdempotencyRedis

@Suite struct RestorationTests {
  let loop = EmbeddedEventLoop()

  /// Puts `count` keepsakes back where each try is answered as `answer` says, and gives how many were sent.
  func restore(
    _ count: Int, body: Int = 0, isCurrent: @escaping () -> Bool = { true },
    refused: @escaping (StoreFailure) -> Void = { _ in },
    answer: @escaping (_ sent: Int) -> Result<StoreReply, StoreFailure>
  ) -> (sent: () -> Int, isDone: () -> Bool) {
    var (sent, open, most, done) = (0, 0, 0, false)
    let record = StoredRecord(Specimen.record(.completed, body: String(repeating: "x", count: body)))
    let keepsakes = (0..<count).map { _ in Keepsake(key: Specimen.key(), record: record, ttl: 1) }
    Restoration(
      keepsakes, on: loop, isCurrent: isCurrent,
      send: { _, _, then in
        sent += 1
        open += 1
        most = max(most, open)
        let answer = answer(sent)
        self.loop.assumeIsolated().execute {
          open -= 1
          then(answer)
        }
      },
      refused: refused, done: { done = true }
    ).proceed()
    return (
      {
        #expect(most <= min(Restoration.window, 1 + Restoration.windowBytes / max(1, body)))
        return sent
      }, { done }
    )
  }

  @Test("Each is sent once, no more than the window at a time; then it is done")
  func once() {
    let result = restore(1000) { _ in .success(.outcome(.already)) }
    loop.run()
    #expect(result.sent() == 1000)
    #expect(result.isDone())
  }

  @Test("What has no reply, or is refused for now, is sent again after a pause")
  func again() {
    for kind in [StoreFailure.Kind.unknown, .notSent, .refused(.noReplicas), .refused(.misconfigured)] {
      let result = restore(3) { $0 == 2 ? .failure(StoreFailure(kind, "")) : .success(.outcome(.already)) }
      loop.run()
      #expect(!result.isDone())
      loop.advanceTime(by: .milliseconds(500))
      #expect(result.sent() == 4)
      #expect(result.isDone())
    }
  }

  @Test("X8: what is refused for no known reason is sent again until it is taken, and that is reported once")
  func refused() {
    var reports = 0
    let result = restore(3, refused: { _ in reports += 1 }) { sent in
      sent <= 90 ? .failure(StoreFailure(.refused(.other), "")) : .success(.outcome(.restored))
    }
    loop.run()
    for _ in 0..<29 { loop.advanceTime(by: .milliseconds(500)) }
    #expect(result.sent() == 90)
    #expect(!result.isDone())
    loop.advanceTime(by: .milliseconds(500))
    #expect(result.sent() == 93)
    #expect(result.isDone())
    #expect(reports == 1)
  }

  @Test("Large records go a few megabytes at a time")
  func large() {
    let result = restore(40, body: 1024 * 1024) { _ in .success(.outcome(.restored)) }
    loop.run()
    #expect(result.sent() == 40)
    #expect(result.isDone())
  }

  @Test("When the history has changed again it stops")
  func stale() {
    var current = true
    let result = restore(3, isCurrent: { current }) { _ in .failure(StoreFailure(.unknown, "")) }
    loop.run()
    current = false
    loop.advanceTime(by: .seconds(5))
    #expect(result.sent() == 3)
    #expect(!result.isDone())
  }
}
