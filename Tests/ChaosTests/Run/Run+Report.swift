import Idempotency
import IdempotencyTesting
import NIOCore
@testable import Harness

extension Run {
  /// How much longer than by the rules a key may take to settle: what a busy machine adds.
  private static let tolerance = Duration.seconds(8)

  /// Checks what was seen.
  func report(_ fault: Fault, counted: [String: Int64]?, healed: Int64, settled: Int64) async throws -> Report {
    let lease = fleet.options.lease
    var history = History(
      settings: .init(unknownOutcome: fleet.options.judgedBy ?? fleet.options.unknownOutcome, lease: lease.nanoseconds))
    history.calls = recorder.calls
    history.effects = ledger.effects
    history.states = recorder.states
    history.healed = healed
    if let counts = try await self.counted(since: counted) {
      history.counts = Dictionary(
        counts.compactMap { name, count in IdempotencyStatus(rawValue: name).map { ($0, Int(count)) } },
        uniquingKeysWith: +)
      recorder.met("counts compared")
    }
    meet(history)
    history.situations = recorder.situations
    var violations = HistoryChecker(history).violations()
    violations += try await checkRecords(history)
    violations += recorder.complaints
    violations += fault.audit(self).map { .init("X11", $0) }
    // I10: one lease, what the store may be asked to wait for, the longest pause of a retry in the background.
    let bound = lease + Duration(fleet.options.settle) + .seconds(2) + Self.tolerance
    if settled - healed > bound.nanoseconds {
      violations.append(.init("I10", "the last key settled \((settled - healed) / 1_000_000) ms after the fault"))
    }
    return Report(
      fault: fault.name, operations: Set(history.calls.map(\.key)).count, requests: history.calls.count,
      uncertain: Set(history.calls.filter { $0.answer?.status == .uncertain }.map(\.key)).count,
      settle: .nanoseconds(max(0, settled - healed)), situations: history.situations, violations: violations)
  }

  /// Which of the situations happened without which a run proves little (I15), as far as they show by themselves.
  private func meet(_ history: History) {
    let performers = Dictionary(grouping: history.effects, by: \.nonce)
    if history.calls.contains(where: { $0.answer?.status == .uncertain }) { recorder.met("uncertain outcome") }
    if history.effects.contains(where: { $0.attempt > 1 }) { recorder.met("takeover") }
    if fleet.options.unknownOutcome == .hold, hasLateAnswer(history) { recorder.met("late answer") }
    // Its operation ran, and its answer is another's: it had lost the key before it completed.
    if history.calls.contains(where: { call in
      performers[call.nonce] != nil && (call.answer?.status == .replayed || call.answer?.status == .inProgress)
    }) {
      recorder.met("stale completion")
    }
  }

  /// Whether a key whose caller was told that the origin was silent was replayed later.
  private func hasLateAnswer(_ history: History) -> Bool {
    let silent = Dictionary(
      history.calls.filter { $0.answer?.code == 504 }.map { ($0.key, $0.returned) }, uniquingKeysWith: min)
    return history.calls.contains { call in
      call.answer?.status == .replayed && silent[call.key].map { $0 < call.invoked } ?? false
    }
  }

  /// I5, I10 and I13 of the records as they stand at the end: every one is settled, ends some time, and says what its
  /// callers were told.
  private func checkRecords(_ history: History) async throws -> [HistoryChecker.Violation] {
    var found: [HistoryChecker.Violation] = []
    let calls = Dictionary(grouping: history.calls, by: \.key)
    let vanished = Dictionary(
      history.states.filter { $0.isForgotten && $0.head == nil }.map { ($0.key, $0.time) }, uniquingKeysWith: max)
    for name in try await fleet.recordNames() {
      guard let key = name.split(separator: ":").last.map(String.init), let calls = calls[key] else { continue }
      guard let record = try await redis.recordIfAny(named: name) else {
        found.append(.init("I13", "what stands under \(key) is gone, or is no record"))
        continue
      }
      if record.ttl <= 0 { found.append(.init("I10", "\(key) has no time to live")) }
      if !["C", "T", "U", "F"].contains(record.state) {
        found.append(.init("I10", "\(key) is left in state \(record.state)"))
      }
      let final = calls.first {
        $0.answer?.status == .executed && $0.answer?.isPending == false && $0.invoked >= vanished[key] ?? .min
      }
      guard let body = final?.answer?.body else { continue }
      if record.state != "C" || !record.bytes.ends(with: body.utf8) {
        found.append(.init("I13", "\(key) was answered executed, and its record is \(record.state)"))
      }
    }
    return found
  }
}

extension Sequence where Element: Equatable {
  /// Whether the last elements are these.
  fileprivate func ends(with suffix: some Collection<Element>) -> Bool {
    reversed().starts(with: suffix.reversed())
  }
}

extension Duration {
  /// Whole nanoseconds.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
