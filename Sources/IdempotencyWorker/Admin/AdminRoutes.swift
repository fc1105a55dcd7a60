import HTTPTypes
import Hummingbird
import NIOCore

/// What the admin listener answers.
struct AdminRoutes: Sendable {
  /// What must be so before the worker takes requests; asked at every request, so it must be quick.
  let readiness: @Sendable () -> [ReadinessCheck]
  /// The metrics in the Prometheus text format 0.0.4.
  let metrics: @Sendable () -> String

  /// The routes, each for GET and HEAD; everything else is 404.
  func router() -> Router<BasicRequestContext> {
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.add(middleware: AdminProblem())
    router.get("health/live") { _, _ in LivenessReport() }
    router.get("health/ready") { request, context in
      let checks = readiness()
      var response = try ReadinessReport(checks).response(from: request, context: context)
      response.status = checks.allSatisfy(\.ok) ? .ok : .serviceUnavailable
      return response
    }
    router.get("metrics") { _, _ in
      Response(
        status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: metrics())))
    }
    return router
  }
}
