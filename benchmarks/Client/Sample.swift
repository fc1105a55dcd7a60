import Histogram

/// What one measurement found.
struct Sample {
  /// Commands per second.
  var operationsPerSecond: Double
  /// CPU time of this process per command, in microseconds; nil for another process's measurement.
  var cpuMicroseconds: Double?
  /// Latencies of single commands in nanoseconds; nil where the measurement gives none.
  var latency: Histogram<UInt64>?
}
