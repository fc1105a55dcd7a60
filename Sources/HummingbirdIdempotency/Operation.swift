internal import HTTPTypes
internal import Hummingbird
internal import Idempotency
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// One execution of a handler, in the service's task, and what came back from it.
///
/// `@unchecked Sendable`: `next` is not `Sendable` in Hummingbird's signature. It is called at most once, by the one
/// task that runs this operation, while the request's own task waits in ``ended()``: never by two at a time. And it is
/// let go of before that wait ends: who still held it then would trap the process (`withoutActuallyEscaping`).
final class Operation<Context: RequestContext>: @unchecked Sendable {
  typealias Next = (Request, Context) async throws -> Response

  private enum Progress {
    case notStarted(Next)
    case running(waiter: CheckedContinuation<Void, Never>?)
    case over
  }

  private let request: Request
  private let body: ByteBuffer
  private let context: Context
  private let limit: Int
  private let progress: NIOLockedValueBox<Progress>
  private let rest = NIOLockedValueBox<ResponseBody?>(nil)

  init(
    request: Request, body: ByteBuffer, context: Context, limit: Int, next: @escaping Next
  ) {
    self.request = request
    self.body = body
    self.context = context
    self.limit = limit
    self.progress = NIOLockedValueBox(.notStarted(next))
  }

  /// The body of an answer that is not retained, for delivery as it comes.
  var remainder: ResponseBody? { rest.withLockedValue { $0 } }

  /// Waits until the handler has returned; if it was not started, it never will be.
  func ended() async {
    await withCheckedContinuation { continuation in
      let isRunning = progress.withLockedValue { progress in
        guard case .running = progress else {
          progress = .over
          return false
        }
        progress = .running(waiter: continuation)
        return true
      }
      if !isRunning { continuation.resume() }
    }
  }

  /// Runs the handler once, and says what came of it.
  func run(attempt: Int?, in service: IdempotencyService) async -> OriginOutcome {
    let outcome = await outcome(attempt: attempt, service)
    let waiter = progress.withLockedValue { progress in
      defer { progress = .over }
      if case .running(let waiter) = progress { return waiter }
      return nil
    }
    waiter?.resume()
    return outcome
  }

  private func begin() -> Next? {
    progress.withLockedValue { progress in
      guard case .notStarted(let next) = progress else { return nil }
      progress = .running(waiter: nil)
      return next
    }
  }

  private func outcome(attempt: Int?, _ service: IdempotencyService) async -> OriginOutcome {
    guard let next = begin() else { return .notReached("The caller was answered before the operation was started.") }
    do {
      return await outcome(try await next(request.replayable(body, attempt: attempt), context), service)
    } catch let error as any HTTPResponseError {
      guard let response = try? error.response(from: request, context: context) else {
        return .failed("The handler failed, and its error could not be turned into an answer.")
      }
      return await outcome(response, service)
    } catch let error as OperationNotStarted {
      return .notReached(error.reason)
    } catch is CancellationError {
      return .failed("The operation was cancelled.")
    } catch {
      // As Hummingbird answers any other error: 500 with an empty body, which the policy's results decide about.
      context.logger.error("handler failed", metadata: ["error": "\(error)"])
      return .answered(OriginAnswer(status: 500, fields: [], body: ByteBuffer()))
    }
  }

  private func outcome(_ response: Response, _ service: IdempotencyService) async -> OriginOutcome {
    var answer = OriginAnswer(status: response.status.code, fields: response.headers.layerFields, body: nil)
    if answer.isStream || response.body.contentLength ?? 0 > limit {
      rest.withLockedValue { $0 = response.body }
      return .answered(answer)
    }
    let isLengthDeclared = response.body.contentLength != nil
    let pipe = BodyPipe(limit: limit, isLengthDeclared: isLengthDeclared)
    if isLengthDeclared {
      await pipe.fill(from: response.body)
    } else {
      // Of unknown length: it may turn out too long to be kept, and is then delivered while it is still written.
      let isTaken = service.spawn { await pipe.fill(from: response.body) }
      if !isTaken { return .failed("This node stopped before the handler's answer was complete.") }
    }
    switch await pipe.beginning() {
    case .whole(let buffer):
      answer.body = buffer
      return .answered(answer)
    case .tooLong:
      rest.withLockedValue { $0 = pipe.responseBody }
      return .answered(answer)
    case .failed:
      return .failed("The handler broke off in the middle of its answer.")
    }
  }
}
