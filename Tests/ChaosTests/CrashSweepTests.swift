import Testing
@testable import Harness
@testable import Idempotency

extension Chaos {
  /// A worker dies at every point at which it waits for something.
  @Suite("Crash points", .sweepFleet, .timeLimit(.minutes(10)))
  struct CrashSweepTests {
    @Test("X1, I1, I10: worker A dies at", arguments: CrashCase.all)
    func dies(crash: CrashCase) async throws {
      let bound = try #require(SweepFleet.bound[crash.choice])
      try await Chaos.withSlot { try await CrashRun(crash, bound.fleet, bound.ledger).run() }
    }

    @Test("The sweep goes to every point that has a name, but for those that no exchange comes to")
    func isComplete() {
      for choice in UnknownOutcome.allCases {
        let points = CrashCase.all.filter { $0.choice == choice }.map(\.point)
        let unreachable = Set(CrashCase.unreachable(under: choice).keys)
        #expect(Set(CrashCase.all.filter { $0.choice == choice }.map(\.setting)).count == points.count)
        #expect(unreachable.isDisjoint(with: points))
        #expect(unreachable.union(points) == Self.names)
      }
    }

    /// The names of all points.
    private static let names: Set<String> = {
      var actions: [ExchangeAction<Void>] = [
        .prepare, .execute(attempt: nil), .watch, .unwatch, .answer(()), .finish, .send(.read),
      ]
      var events: [ExchangeEvent<Void>] = [.start, .ready, .operation(()), .changed, .abandon, .callerLeft]
      for timer in ExchangeTimer.allCases {
        actions.append(.schedule(timer, after: 0))
        events.append(.timer(timer))
      }
      for kind in StoreOperation.Kind.allCases {
        events += [.storeReplied(kind, .absent), .storeFailed(kind, StoreFailure(.unknown, ""))]
      }
      // Sent is everything that can be replied to.
      let sent = StoreOperation.Kind.allCases.map { "send-\($0)" }
      return Set(actions.map { CrashPoint.name($0) } + events.map { CrashPoint.name($0) } + sent)
    }()
  }
}
