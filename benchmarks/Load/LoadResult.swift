import Histogram

/// What one turn of load found.
struct LoadResult: Sendable {
  /// From the first request to the last answer, in seconds.
  var seconds = 0.0
  /// Answers by what they said.
  var outcomes: [Outcome: Int] = [:]
  /// Latencies of all answers, in nanoseconds.
  var latency = Histogram<UInt64>.latency
  /// What the first answer that was none looked like.
  var firstFailure: String?

  var answers: Int { outcomes.values.reduce(0, +) }
  var perSecond: Double { seconds > 0 ? Double(answers) / seconds : 0 }

  mutating func record(_ outcome: Outcome, nanoseconds: Int64) {
    outcomes[outcome, default: 0] += 1
    latency.record(UInt64(max(0, nanoseconds)))
  }

  mutating func add(_ other: LoadResult) {
    seconds = max(seconds, other.seconds)
    outcomes.merge(other.outcomes, uniquingKeysWith: +)
    latency.add(other.latency)
    firstFailure = firstFailure ?? other.firstFailure
  }
}

extension Histogram<UInt64> {
  /// For latencies in nanoseconds up to a minute, to three digits.
  static var latency: Self { Self(highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three) }

  /// A percentile of latencies, in microseconds.
  func microseconds(_ percentile: Double) -> Double { Double(valueAtPercentile(percentile)) / 1_000 }
}
