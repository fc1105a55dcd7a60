import Idempotency
import NIOCore
import NIOEmbedded
import Testing

@testable import IdempotencyRedis

@Suite struct RestorationTests {
  let loop = EmbeddedEventLoop()

  /// Puts `count` keepsakes back where each try is answered as `answer` says, and gives how many were sent.
  func restore(
    _ count: Int, isCurrent: @escaping () -> Bool = { true },
    answer: @escaping (_ sent: Int) -> Result<StoreReply, StoreFailure>
  ) -> (sent: () -> Int, isDone: () -> Bool) {
    var (sent, open, most, done) = (0, 0, 0, false)
    let keepsakes = (0..<count).map { _ in Keepsake(key: Specimen.key(), record: Specimen.record(), ttl: 1) }
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
      done: { done = true }
    ).proceed()
    return (
      {
        #expect(most <= Restoration.window)
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

  @Test("What is refused again and again is left out in the end")
  func refused() {
    let result = restore(3) { _ in .failure(StoreFailure(.refused(.other), "")) }
    loop.run()
    #expect(!result.isDone())
    for _ in 0..<Restoration.maximumRefusals { loop.advanceTime(by: .milliseconds(500)) }
    #expect(result.sent() == 3 * (1 + Restoration.maximumRefusals))
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
