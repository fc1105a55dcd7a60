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
      let response = try await next(request.replayable(body, attempt: attempt), context)
      if Task.isCancelled, response.status.code >= 400, !response.saysRelease { return Self.cancelled }
      return await outcome(response, service)
    } catch let error as OperationNotStarted {
      return .notReached(error.reason)
    } catch {
      return await outcome(error, service)
    }
  }

  /// A cancelled handler's error tells where it was when it was cancelled, and not what it had done by then.
  private static var cancelled: OriginOutcome { .failed("The operation was cancelled.") }

  private func outcome(_ error: any Error, _ service: IdempotencyService) async -> OriginOutcome {
    if Task.isCancelled || error is CancellationError { return Self.cancelled }
    switch error {
    case let error as any HTTPResponseError:
      guard let response = try? error.response(from: request, context: context) else {
        return .failed("The handler failed, and its error could not be turned into an answer.")
      }
      return await outcome(response, service)
    case let error as OperationError:
      return OriginOutcome(error)
    default:
      // As Hummingbird answers any other error: 500 with an empty body, which the policy's results decide about.
      context.logger.error("handler failed", metadata: ["error": "\(error)"])
      return .answered(OriginAnswer(status: 500, fields: [], body: ByteBuffer()))
    }
  }

  private func outcome(_ response: Response, _ service: IdempotencyService) async -> OriginOutcome {
    var response = response
    let length = DeclaredLength(response)
    if length == .invalid { return .failed("The handler declares a length for its answer that is none.") }
    response.normalizeFraming(length)
    var answer = OriginAnswer(status: response.status.code, fields: response.headers.layerFields, body: nil)
    guard request.method != .head, response.mayHaveBody else {
      return await outcome(answer, without: response.body, service)
    }
    var declared: Int?
    if case .bytes(let count) = length { declared = count }
    let isStreamed = answer.isStream || answer.asksForStream || declared ?? 0 > limit
    let pipe = BodyPipe(limit: isStreamed ? nil : limit, declared: declared)
    guard await fill(pipe, from: response.body, isWaitedFor: !isStreamed && declared != nil, service) else {
      return .failed("This node stopped before the handler's answer was complete.")
    }
    switch await pipe.beginning() {
    case .whole(let buffer):
      answer.body = buffer
      return .answered(answer)
    case .tooLong:
      rest.withLockedValue { $0 = pipe.responseBody(drainTimeout: service.limits.drainTimeout) }
      return .answered(answer)
    case .failed(is BodyPipe.LengthError):
      return .failed("The handler's answer is not as long as it says.")
    case .failed:
      return .failed("The handler broke off in the middle of its answer.")
    }
  }

  /// The outcome of an answer that has no body, whatever its handler writes: to HEAD, or of a status that allows none.
  private func outcome(
    _ answer: OriginAnswer, without body: ResponseBody, _ service: IdempotencyService
  ) async -> OriginOutcome {
    let length = body.contentLength
    let pipe = BodyPipe(limit: limit, declared: length)
    // It is written all the same: a middleware further in may wait for its end.
    guard await fill(pipe, from: body, isWaitedFor: length ?? .max <= limit, service) else {
      return .failed("This node stopped before the handler's answer was complete.")
    }
    if case .failed(let error) = await pipe.beginning(), !(error is BodyPipe.LengthError) {
      return .failed("The handler broke off in the middle of its answer.")
    }
    pipe.abandon()
    var answer = answer
    answer.body = ByteBuffer()
    return .answered(answer)
  }

  /// Has a body write itself into a pipe: here, where all of it is waited for, otherwise in a job of the service.
  ///
  /// A body of unknown length may turn out too long to be kept, and is then delivered while it is still written.
  /// - Returns: False where there is no service to run the job.
  private func fill(
    _ pipe: BodyPipe, from body: ResponseBody, isWaitedFor: Bool, _ service: IdempotencyService
  ) async -> Bool {
    if isWaitedFor {
      await pipe.fill(from: body)
      return true
    }
    guard let job = service.spawnJob({ await pipe.fill(from: body) }) else { return false }
    pipe.isFilled(by: job)
    return true
  }
}

extension Response {
  /// Whether the handler says that it did nothing.
  fileprivate var saysRelease: Bool { headers[.idempotencyResult]?.lowercased() == "release" }
}
