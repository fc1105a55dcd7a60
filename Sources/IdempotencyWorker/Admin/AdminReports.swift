import Hummingbird

/// The answer to `GET /health/live`: this process answers, whatever it may be waiting for.
struct LivenessReport: ResponseEncodable {
  let status = "live"
}

/// The answer to `GET /health/ready`: whether this worker takes guarded requests, and if not, why.
struct ReadinessReport: ResponseEncodable {
  let status: String
  let checks: [ReadinessCheck]

  /// Ready is who passes all checks.
  init(_ checks: [ReadinessCheck]) {
    self.checks = checks
    status = checks.allSatisfy(\.ok) ? "ready" : "not ready"
  }
}
