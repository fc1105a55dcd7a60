import Foundation
import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension XAtLength {
  /// X13: one node's wall clock is ten minutes off, or steps by ten minutes while it works.
  ///
  /// libfaketime gives the process another wall clock and leaves its monotonic clocks alone, as an administrator or NTP
  /// does. The time in the answer, which the node takes from its wall clock, shows in each test that it worked.
  @Suite("X13", .serialized)
  struct X13ClockTests {
    private static let lease = Duration.seconds(1)

    /// The wrong clock of node A; node B's is right.
    enum Clock: String, CaseIterable, Sendable {
      case ahead = "+10m"
      case behind = "-10m"

      /// Whether a time is wrong by ten minutes this way.
      func shows(in shown: Date) -> Bool {
        let off = shown.timeIntervalSinceNow
        return self == .ahead ? (540...660).contains(off) : (-660...(-540)).contains(off)
      }
    }

    private func nodes(
      _ fleet: ProcessFleet, _ choice: UnknownOutcome, wrong: [String: String]
    ) async throws -> (wrong: ProcessNode, right: ProcessNode) {
      let environment = try await FaultWallClock.environment(wrong, directory: fleet.redis.directory)
      let right = try await fleet.node("B") {
        $0.lease = Self.lease
        $0.unknownOutcome = choice
      }
      let wrong = try await fleet.node("A") {
        $0.lease = Self.lease
        $0.unknownOutcome = choice
        $0.environment = environment
      }
      return (wrong, right)
    }

    /// Has one node run an operation longer than its lease, and the other one meet it.
    private func meet(
      _ owner: ProcessNode, _ other: ProcessNode, _ fleet: ProcessFleet, during: () async throws -> Void = {}
    ) async throws {
      let key = freshKey()
      let first = Task { try await owner.transfer(key, delayAfter: "3s") }
      try await fleet.effect(of: key)
      let begin = try await fleet.redis.record(of: key)
      // A deadline by Redis's clock, not by the owner's.
      let now = try await fleet.redis.milliseconds()
      #expect((now...now + 1_200).contains(begin.leaseDeadline), "\(begin.leaseDeadline - now) ms")
      #expect((3_600_000...700_000_000).contains(begin.ttl), "\(begin.ttl)")
      try expect(try await other.transfer(key), is: "in-progress")
      try await during()
      try await holds("the lease has been renewed for as long as it was") {
        try expect(try await other.transfer(key), is: "in-progress")
        return try await fleet.redis.record(of: key).leaseDeadline > begin.leaseDeadline + 1_000
      }
      let executed = try await first.value
      #expect(executed.status == 201 && executed.label == "executed", "\(executed.text)")
      for node in [owner, other] {
        let replay = try await node.transfer(key)
        #expect(replay.isReplay && replay.body == executed.body)
      }
      #expect(try fleet.effects(of: key).map(\.attempt) == [1])
    }

    @Test(
      "X13 ten minutes off: in-progress, renewal, replay, retention as ever, whichever node is the owner",
      arguments: Clock.allCases)
    func off(clock: Clock) async throws {
      try await ProcessFleet.run { fleet in
        let (wrong, right) = try await nodes(fleet, .executeAgain, wrong: ["FAKETIME": clock.rawValue])
        try await meet(wrong, right, fleet)
        try await meet(right, wrong, fleet)
        let key = freshKey()
        let time = try fleet.wallClock(in: try await wrong.transfer(key))
        #expect(clock.shows(in: time), "the wall clock was not wrong: \(time)")
        let record = try await fleet.redis.record(of: key)
        #expect(record.state == "C")
        // 24 h, counted by Redis.
        #expect((86_390_000...86_400_000).contains(record.ttl), "\(record.ttl)")
      }
    }

    @Test(
      "X13 ten minutes off: a takeover comes when the lease is over for Redis, not before",
      arguments: Clock.allCases)
    func takeover(clock: Clock) async throws {
      try await ProcessFleet.run { fleet in
        let (wrong, right) = try await nodes(fleet, .executeAgain, wrong: ["FAKETIME": clock.rawValue])
        let key = freshKey()
        let lost = Task { try await right.transfer(key, delayAfter: "60s") }
        try await fleet.effect(of: key)
        await right.kill()
        _ = await lost.result
        let record = try await fleet.redis.record(of: key)
        let reply = try await eventually {
          let reply = try await wrong.transfer(key)
          if reply.label == "in-progress" {
            try expect(reply, is: "in-progress")
            return nil as Reply?
          }
          return reply
        }
        let late = try await fleet.redis.milliseconds() - record.leaseDeadline
        #expect(late >= 0, "taken over while the lease lived")
        #expect(late < 3_000, "taken over \(late) ms late")
        #expect(reply.status == 201 && reply.label == "executed", "\(reply.text)")
        #expect(try fleet.effects(of: key).map(\.attempt) == [1, 2])
        #expect(clock.shows(in: try fleet.wallClock(in: reply)), "the wall clock was not wrong")
      }
    }

    @Test("X13 a wall clock that steps by ten minutes, forth and back, while an operation runs")
    func steps() async throws {
      try await ProcessFleet.run { fleet in
        let file = "\(fleet.redis.directory)/faketime"
        func step(_ time: String) throws { try time.write(toFile: file, atomically: true, encoding: .utf8) }
        try step("+0")
        let (wrong, right) = try await nodes(fleet, .executeAgain, wrong: ["FAKETIME_TIMESTAMP_FILE": file])
        for clock in [Clock.ahead, .behind] {
          try await meet(wrong, right, fleet) { try step(clock.rawValue) }
          let time = try fleet.wallClock(in: try await wrong.transfer(freshKey()))
          #expect(clock.shows(in: time), "the wall clock did not step: \(time)")
          try await meet(right, wrong, fleet) { try step("+0") }
        }
      }
    }
  }
}
