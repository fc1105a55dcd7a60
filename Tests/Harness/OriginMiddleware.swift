import HTTPTypes
import Hummingbird
import Idempotency
import NIOCore

/// The origin as the innermost of a Hummingbird application: it answers every method and path.
///
/// A middleware and no routes, so that paths reach it in whatever spelling they were sent.
struct OriginMiddleware: RouterMiddleware {
  typealias Context = BasicRequestContext

  struct BrokenOff: Error {}

  let origin: Origin

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let body = try await request.body.collect(upTo: 64 << 20)
    if let reason = origin.refusal { throw OperationNotStarted(reason) }
    let answer: ScriptedAnswer
    do {
      answer = try await origin.take(
        method: request.method.rawValue, target: request.head.path ?? "",
        fields: request.headers.map { field in
          Field(field.name.rawName, bytes: field.withUnsafeBytesOfValue { Array($0) })
        },
        body: Array(body.readableBytesView))
    } catch is Origin.Reset {
      // What leaves the outcome unknown here: any other error would be an answer.
      throw CancellationError()
    }
    var headers = HTTPFields()
    for field in answer.fields {
      guard let name = HTTPField.Name(field.name) else { continue }
      headers.append(HTTPField(name: name, lenientValue: field.bytes))
    }
    return Response(status: .init(code: answer.status), headers: headers, body: responseBody(answer.body))
  }

  private func responseBody(_ body: ScriptedAnswer.Body) -> ResponseBody {
    switch body {
    case .bytes(let bytes):
      return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    case .stream(let steps):
      return ResponseBody { writer in
        for step in steps {
          switch step {
          case .bytes(let bytes): try await writer.write(ByteBuffer(bytes: bytes))
          case .wait(let gate): await gate.pass()
          case .fail: throw BrokenOff()
          }
        }
        try await writer.finish(nil)
      }
    }
  }
}
