/// One step of a dimension, in one mode.
struct ScalingRow: Codable, Sendable {
  let dimension: ScalingDimension
  let step: Int
  let mode: WorkerMode
  let requestsPerSecond: Double
  /// Refused with 503, by a worker that was asked for too much at once; they are not among the others.
  let refusedPerSecond: Double
  let p50Microseconds, p99Microseconds: Double
  /// Of all workers together, for one request.
  let cpuMicrosecondsPerRequest: Double
  /// The most resident memory that one of the workers had, in MiB.
  let peakMemoryMiB: Double
  /// What Redis holds for each record that was there before; nil where none was.
  let redisBytesPerRecord: Double?
}
