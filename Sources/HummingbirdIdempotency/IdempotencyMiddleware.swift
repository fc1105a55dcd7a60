public import Hummingbird
internal import HTTPTypes
public import Idempotency
internal import Logging
internal import NIOCore

/// Gives the operations behind it their effect at most once: a retry with the same `Idempotency-Key` gets the first
/// answer, from any node that shares the store.
///
/// It guards what a policy matches and leaves everything else as it is. The handler runs in the ``IdempotencyService``:
/// a client that disconnects cancels nothing that was started, and finds the answer when it asks again.
///
/// A handler that must not have its failure stored says so: it throws `OperationNotStarted`, or answers with
/// `Idempotency-Result: release`, or with a status that the policy releases.
/// - Important: Add the service to the application too. While it does not run, guarded requests get 503 and nothing
///   is executed.
/// - Important: A handler sets its own time-outs. With a policy's `originTimeout` other callers learn in time that the
///   outcome is uncertain, but its own caller gets the 504 only when the handler has returned: it cannot be left behind.
public struct IdempotencyMiddleware<Context: RequestContext>: RouterMiddleware {
  let service: IdempotencyService
  let policies: PolicySet
  let principal: PrincipalSource<Context>
  let metrics: StatusMetrics
  /// What only this layer may say, on guarded routes and on all others.
  let layerFields: [HTTPField.Name]

  /// Makes the middleware of a service.
  /// - Parameters:
  ///   - service: Owns what outlives a request. Several middlewares may share it.
  ///   - policies: What is guarded, and how.
  ///   - principal: Who is calling. Required, because keys of different callers must never meet.
  public init(service: IdempotencyService, policies: PolicySet, principal: PrincipalSource<Context>) {
    self.service = service
    self.policies = policies
    self.principal = principal
    self.metrics = StatusMetrics()
    self.layerFields =
      HTTPField.Name.layerFields + policies.policies.compactMap { HTTPField.Name($0.replayMarker) }
  }

  /// Answers the request, or lets it through.
  public func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let request = request.withoutAttempt()
    switch policies.admit(HTTPRequestHead(request), principal: { principal.principal(request, context) }) {
    case .pass(let ignoredKey):
      return try await pass(request, context, ignoredKey: ignoredKey, next)
    case .answer(let answer, let policy):
      return respond(answer, policy: policy?.name)
    case .guarded(let guarded):
      return try await answer(guarded, request, context, next)
    }
  }

  private func pass(
    _ request: Request, _ context: Context, ignoredKey: Bool, _ next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    var response: Response
    do {
      response = try await next(request, context)
    } catch let error as any HTTPResponseError {
      response = try error.response(from: request, context: context)
      // Who stands further out gets the error itself, unless it says what only this layer may say (rule A6).
      guard ignoredKey || response.hasAny(layerFields) else { throw error }
    }
    response.remove(layerFields)
    if ignoredKey {
      response.headers[.idempotencyStatus] = IdempotencyStatus.ignored.rawValue
      metrics.count(.ignored, policy: nil)
    }
    return response
  }

  private func answer(
    _ guarded: GuardedRequest, _ request: Request, _ context: Context,
    _ next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let name = guarded.policy.name
    if guarded.hasKey, !service.isAccepting { return respond(policies.notReady(), policy: name) }
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: guarded.policy.limits.requestBody)
    } catch is NIOTooManyBytesError {
      return respond(policies.tooLarge(guarded.policy), policy: name)
    }
    switch guarded.exchange(body: body, worker: service.worker) {
    case .answer(let answer):
      return respond(answer, policy: name)
    case .pass:
      return try await pass(request.replayable(body, attempt: nil), context, ignoredKey: false, next)
    case .exchange(let exchange, let key):
      guard service.isAccepting else { return respond(policies.notReady(), policy: name) }
      // `next` must not be used after this function has returned; `Operation.ended` is waited for before it does.
      return await withoutActuallyEscaping(next) { next in
        let operation = Operation(
          request: request, body: body, context: context, limit: guarded.policy.limits.responseBody, next: next)
        let answer = await service.run(exchange, key: key) { attempt in
          await operation.run(attempt: attempt, in: service)
        }
        await operation.ended()
        return respond(answer, policy: name, origin: operation.remainder)
      }
    }
  }

  private func respond(_ answer: HTTPAnswer, policy: String?, origin: ResponseBody? = nil) -> Response {
    if let label = answer.label { metrics.count(label, policy: policy) }
    return Response(answer, origin: origin)
  }
}
