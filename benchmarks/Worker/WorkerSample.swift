/// What one turn of one server in one mode found.
struct WorkerSample: Sendable {
  var requestsPerSecond: Double
  /// Latencies in microseconds.
  var p50, p99: Double
  /// CPU of the server's processes for one request, in microseconds.
  var cpu: Double
  /// CPU of Redis for one request, in microseconds.
  var redisCPU: Double
}
