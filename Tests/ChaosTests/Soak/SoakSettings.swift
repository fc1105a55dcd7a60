import Foundation

/// How `deploy/chaos` asks for a soak.
struct SoakSettings: Sendable {
  let minutes: Double
  let workers: Int
  /// Decides which faults come in which order, and what fleets choose; not what happens when within a run.
  let seed: UInt64
  /// Where progress is written, because what a test prints comes at its end; nil for standard output.
  let log: String?

  /// Nil where nobody asks: a soak is no test of every day.
  static let asked: SoakSettings? = {
    let environment = ProcessInfo.processInfo.environment
    guard let minutes = environment["CHAOS_SOAK_MINUTES"].flatMap(Double.init), minutes > 0 else { return nil }
    return SoakSettings(
      minutes: minutes, workers: environment["CHAOS_SOAK_WORKERS"].flatMap { Int($0) } ?? 3,
      seed: environment["CHAOS_SOAK_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000),
      log: environment["CHAOS_SOAK_LOG"])
  }()
}
