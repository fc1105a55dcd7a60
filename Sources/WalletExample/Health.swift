import Hummingbird

/// Whether a node takes guarded requests: the answer to `GET /health`.
struct Health: ResponseGenerator {
  private struct Report: ResponseEncodable {
    let status: String
    let node: String
  }

  let node: String
  let isReady: Bool

  func response(from request: Request, context: some RequestContext) throws -> Response {
    var response = try context.responseEncoder.encode(
      Report(status: isReady ? "ready" : "not ready", node: node), from: request, context: context)
    response.status = isReady ? .ok : .serviceUnavailable
    return response
  }
}
