import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension Chaos {
  /// Runs that break a rule on purpose: they must be found out, or a green matrix means nothing.
  @Suite("Sharpness", .timeLimit(.minutes(10)))
  struct SharpnessTests {
    @Test("I1: a second effect is found out")
    func secondEffect() async throws {
      let fault = try #require(Fault.matrix.first { $0.name == "worker killed after the effect" })
      var options = FleetOptions()
      options.unknownOutcome = .executeAgain
      options.judgedBy = .hold
      let report = try await strike(fault, options)
      #expect(report.duplicates > 0)
    }

    @Test("I2, I3, I13: an answer that changes after it was given is found out")
    func changedAnswer() async throws {
      let fault = Fault(name: "changed answer", rules: "I13") { run in
        let orders = [Order(), Order()]
        for order in orders { await run.customer.persist(order) }
        var records = try await inParallel(orders) { try await run.record(of: $0.key) }
        // Each gets the other's.
        records.swapAt(0, 1)
        for (order, other) in zip(orders, records) {
          let name = try await run.record(of: order.key).key
          let fingerprint = try await run.record(of: order.key).fingerprint
          let text = String(decoding: other.bytes, as: UTF8.self)
          try await run.redis.command(
            "SET", name, text.replacing(other.fingerprint, with: fingerprint, maxReplacements: 1), "KEEPTTL")
        }
      }
      let report = try await strike(fault, FleetOptions())
      #expect(Set(report.violations.map(\.invariant)).isSuperset(of: ["I2", "I3", "I13"]))
    }

    @Test("I10: a record without an end is found out")
    func immortalRecord() async throws {
      let fault = Fault(name: "immortal record", rules: "I10") { run in
        let order = Order()
        await run.customer.persist(order)
        try await run.redis.command("PERSIST", try await run.record(of: order.key).key)
      }
      let report = try await strike(fault, FleetOptions())
      #expect(report.violations.map(\.invariant) == ["I10"])
    }

    private func strike(_ fault: Fault, _ options: FleetOptions) async throws -> Report {
      var report: Report?
      try await Chaos.withSlot {
        report = try await Fleet.run(options) { try await Run.strike(fault, $0) }
      }
      return try #require(report)
    }
  }
}
