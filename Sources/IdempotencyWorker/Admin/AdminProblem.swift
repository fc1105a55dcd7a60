import Hummingbird
import HTTPTypes
import NIOCore

/// Gives errors of the admin listener as `application/problem+json` (RFC 9457), and keeps all answers out of caches.
struct AdminProblem<Context: RequestContext>: RouterMiddleware {
  /// Without `type` a problem is what its status says (RFC 9457 section 4.2.1).
  private struct Document: ResponseEncodable {
    let title: String
    let status: Int
    let detail: String
  }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    var response: Response
    do {
      response = try await next(request, context)
    } catch let error as any HTTPResponseError {
      let document = Document(
        title: error.status.reasonPhrase, status: error.status.code,
        detail: "The admin listener has GET /health/live, GET /health/ready and GET /metrics.")
      response = try context.responseEncoder.encode(document, from: request, context: context)
      response.status = error.status
      response.headers[.contentType] = "application/problem+json"
      if request.method == .head { response = response.createHeadResponse() }
    }
    response.headers[.cacheControl] = "no-store"
    return response
  }
}
