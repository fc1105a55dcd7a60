/// A server in a mode: medians over the rounds, and how the worker compares.
struct WorkerRow: Codable, Sendable {
  let mode: WorkerMode
  let server: String
  let requestsPerSecond: Double
  let p50Microseconds, p99Microseconds: Double
  let cpuMicrosecondsPerRequest: Double
  let redisCpuMicrosecondsPerRequest: Double
  /// The worker's rate by this server's: the median of the rounds' ratios.
  let workerRatio: Double

  init(_ mode: WorkerMode, _ peer: Peer, _ samples: [WorkerSample], worker: [WorkerSample]) {
    self.mode = mode
    server = peer.name
    requestsPerSecond = Figures.median(samples.map(\.requestsPerSecond))
    p50Microseconds = Figures.median(samples.map(\.p50))
    p99Microseconds = Figures.median(samples.map(\.p99))
    cpuMicrosecondsPerRequest = Figures.median(samples.map(\.cpu))
    redisCpuMicrosecondsPerRequest = Figures.median(samples.map(\.redisCPU))
    workerRatio = Figures.median(zip(worker, samples).map { $0.requestsPerSecond / $1.requestsPerSecond })
  }
}
