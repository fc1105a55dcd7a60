import IdempotencyTesting
import Logging
import Testing

@testable import Idempotency

/// What an origin says wrongly is ignored and logged (DESIGN "HTTP").
@Suite struct NoticeTests {
  @Test(
    "An Idempotency-Retention that is no positive integer is ignored, and said once",
    arguments: ["soon", "0", "-5", "1.5", "", "5 s"])
  func retention(_ value: String) {
    let bench = HTTPExchangeBench()
    var run = bench.begin()
    #expect(run.exchange.notice == nil)
    let actions = run.exchange.handle(
      .operation(.answered(200, [("Idempotency-Retention", value)])), at: bench.moment)
    #expect(run.exchange.notice?.contains("\"\(value)\"") == true)
    guard case .send(.complete(_, _, _, let ttl))? = actions.first else {
      Issue.record("not completed")
      return
    }
    #expect(ttl == bench.policy.execution.retention.milliseconds)
    _ = run.exchange.handle(.storeReplied(.complete, .outcome(.applied)), at: bench.moment)
    #expect(run.exchange.notice == nil)
  }

  @Test("A positive integer, and none, are nothing to say")
  func fine() {
    let bench = HTTPExchangeBench()
    #expect(bench.request(.answered(200, [("Idempotency-Retention", "90")])).exchange.notice == nil)
    #expect(HTTPExchange.notice(about: .answered(200)) == nil)
    #expect(HTTPExchange.notice(about: .failed("x")) == nil)
    #expect(HTTPExchange.notice(about: .answered(200, [("Idempotency-Retention", "\"\n")]))?.contains("\n") == false)
  }

  @Test("The shell logs it at notice level, once")
  func logged() async throws {
    let log = LogLines()
    let service = IdempotencyService(
      store: MemoryStore(), logger: log.logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await service.run() }
      while !service.isAccepting { await Task.yield() }
      let policy = try IdempotencyPolicy("notice")
      let exchange = HTTPExchange(
        policy: policy, fingerprint: HTTPExchangeBench.mine, token: .random(), worker: "w")
      _ = await service.run(exchange, key: HTTPExchangeBench.key) { _ in
        .answered(200, [("Idempotency-Retention", "soon")])
      }
      tasks.cancelAll()
    }
    let said = log.entries.filter { $0.text.contains("Idempotency-Retention") }
    #expect(said.map(\.level) == [.notice])
  }
}
