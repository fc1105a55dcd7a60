import Foundation
import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

/// One fault after the other, for minutes: in random order, and none again before every other that the fleet can meet.
///
/// A fleet lives for a leg of several faults, so that what one of them leaves behind meets the next; then comes a fleet
/// with another choice for unknown outcomes.
struct Soak {
  static let table = ChaosTable()

  /// Long enough for a dozen faults, short enough that a soak of some minutes has seen every choice.
  private static let leg = Duration.seconds(60)

  private let settings: SoakSettings
  private let begun = ContinuousClock.now
  private var random: SeededRandom
  private var number = 0
  /// How often each fault has struck.
  private var strikes: [String: Int] = [:]

  init(_ settings: SoakSettings) {
    self.settings = settings
    random = SeededRandom(seed: settings.seed)
  }

  private var end: ContinuousClock.Instant { begun + .seconds(settings.minutes * 60) }

  /// Runs to the end of the time.
  mutating func run() async {
    // The script that asked ends this process by that number.
    let process = ProcessInfo.processInfo.processIdentifier
    say("Soak of \(settings.minutes) min, \(settings.workers) workers, seed \(settings.seed), process \(process)")
    while ContinuousClock.now < end, !Task.isCancelled {
      var options = FleetOptions()
      options.workers = settings.workers
      options.unknownOutcome = [.hold, .store, .executeAgain][random.below(3)]
      // What any of the faults needs.
      options.redis.appendOnly = true
      // A disk that is busy may hold Redis up for a second; that must not look like a fault.
      options.storeTimeout = .milliseconds(1_500)
      // The way back to Redis, and two store time-outs.
      options.settle = .seconds(7)
      say("A fleet of \(options.workers) workers, \(options.unknownOutcome.text)")
      var soak = self
      do {
        try await Fleet.run(options) { try await soak.leg(of: $0) }
      } catch {
        Issue.record(error)
        say("  ✘ \(error)")
      }
      self = soak
    }
  }

  /// Has faults strike a fleet until its time is over.
  private mutating func leg(of fleet: Fleet) async throws {
    let end = min(end, ContinuousClock.now + Self.leg)
    while ContinuousClock.now < end, !Task.isCancelled {
      let faults = (Fault.matrix + Fault.longOutages).filter {
        $0.unprotected != fleet.options.unknownOutcome && !$0.needsOwnFleet
      }
      let least = faults.map { strikes[$0.name, default: 0] }.min()
      let next = faults.filter { strikes[$0.name, default: 0] == least }
      let fault = next[random.below(next.count)]
      strikes[fault.name, default: 0] += 1
      number += 1
      do {
        let report = try await Run.strike(fault, fleet)
        Self.table.add(report)
        report.expectNone("run \(number), \(fault.name)")
        say("  \(line(fault, report))")
        // What the workers said last, for whoever has to find out why.
        if !report.violations.isEmpty { for worker in fleet.workers { say(worker.output) } }
      } catch {
        Self.table.addFailure(of: fault.name)
        throw error
      }
      try await fleet.replaceDead()
    }
  }

  private func line(_ fault: Fault, _ report: Report) -> String {
    let seconds = (ContinuousClock.now - begun).components.seconds
    let verdict = report.violations.isEmpty ? "✔" : "✘ \(report.violations.count) violations,"
    return "\(verdict) \(seconds) s, run \(number), \(fault.name): \(report.operations) operations, "
      + "settled in \(report.settle.nanoseconds / 1_000_000) ms"
  }

  private func say(_ line: String) {
    let file = settings.log.flatMap { FileHandle(forWritingAtPath: $0) } ?? .standardOutput
    if settings.log != nil { _ = try? file.seekToEnd() }
    file.write(Data("\(line)\n".utf8))
  }
}
