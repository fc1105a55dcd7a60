public import Hummingbird
internal import HTTPTypes
public import Idempotency
internal import Logging
internal import NIOCore
internal import Synchronization

/// Gives the operations behind it their effect at most once: a retry with the same `Idempotency-Key` gets the first
/// answer, from any node that shares the store.
///
/// It guards what a policy matches and leaves everything else as it is. The handler runs in the ``IdempotencyService``:
/// a client that disconnects cancels nothing that was started, and finds the answer when it asks again.
///
/// A handler that must not have its failure stored says so: it throws `OperationNotStarted`, or answers with
/// `Idempotency-Result: release`, or with a status that the policy releases. An `OperationError` that it lets through
/// frees the key, too, and its caller learns why; after `outcomeUnknown` the outcome is unknown. So it is after any error
/// of a handler that was cancelled, which happens only where it still runs at the end of the service's drain time-out.
///
/// The handler has the task-locals of the middleware before this one. It is called in another task than they: only
/// the request's body and the context come from theirs.
///
/// A body that is too large to be kept, a stream of events, and an answer with `Idempotency-Result: stream` are delivered
/// as they are written. A write throws when the client has left, and when the server has been shutting down for longer
/// than the service's drain time-out: the closure should end then. Trailers of a guarded answer are dropped, because a
/// record has none. An answer that is not as long as its `Content-Length` says leaves an unknown outcome; one that has
/// begun by then ends its connection.
///
/// Mounted twice on the way to one handler it guards once, where both have one store and find the same key: the inner one
/// lets the request pass. With another keyspace it guards under its own key as well.
/// - Important: Add the service to the application too. While it does not run, or the store has not yet agreed to how the
///   policies derive keys and fingerprints (rule F11), guarded requests get 503 and nothing is executed.
/// - Important: A handler sets its own time-outs. With a policy's `originTimeout` other callers learn in time that the
///   outcome is uncertain, but its own caller gets the 504 only when the handler has returned: it cannot be left behind.
public struct IdempotencyMiddleware<Context: RequestContext>: RouterMiddleware {
  let service: IdempotencyService
  let policies: PolicySet
  let principal: PrincipalSource<Context>
  let metrics: StatusMetrics
  /// What only this layer may say, on guarded routes and on all others.
  let layerFields: [HTTPField.Name]
  private let nesting = NestingNotice()

  /// Makes the middleware of a service, and has the service claim the policies' keyspaces.
  /// - Parameters:
  ///   - service: Owns what outlives a request. Several middlewares may share it.
  ///   - policies: What is guarded, and how. The principal's fields are the source's, not those of the set.
  ///   - principal: Who is calling. Required, because keys of different callers must never meet.
  public init(service: IdempotencyService, policies: PolicySet, principal: PrincipalSource<Context>) {
    self.service = service
    self.policies = policies
    self.principal = principal
    self.metrics = StatusMetrics()
    self.layerFields =
      HTTPField.Name.layerFields + policies.policies.compactMap { HTTPField.Name($0.replayMarker) }
    service.claim(policies.derivations(principalFields: principal.fields))
  }

  /// Answers the request, or lets it through.
  public func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let isNested = RunningExchanges.current.containsRequest
    // Behind another middleware the number is that one's, and no client's.
    let request = isNested ? request : request.withoutAttempt()
    switch policies.admit(HTTPRequestHead(request), principal: { principal.principal(request, context) }) {
    // Behind another middleware its fields and the handler's are for that one.
    case .pass where isNested:
      return try await next(request, context)
    case .pass(let ignoredKey):
      return try await pass(request, context, ignoredKey: ignoredKey, next)
    case .answer(let answer, let policy):
      return respond(answer, policy: policy?.name)
    case .guarded(let guarded):
      return try await answer(guarded, request, context, isNested: isNested, next)
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
    _ guarded: GuardedRequest, _ request: Request, _ context: Context, isNested: Bool,
    _ next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let name = guarded.policy.name
    if guarded.hasKey, !isNested, !service.isAccepting { return respond(policies.notReady(), policy: name) }
    // A request within one that is guarded belongs to what runs already.
    let place = CallerPlace(guarded.caller)
    if !isNested, service.held.isExhausted(for: place) { return respond(policies.full(), policy: name) }
    var held = HeldShare(of: service.held, for: place)
    defer { held.set(0) }
    let body: ByteBuffer
    do {
      let limit = guarded.policy.limits.requestBody
      guard let whole = try await request.body.collect(upTo: limit, counting: &held, isRefusable: !isNested) else {
        return respond(policies.full(), policy: name)
      }
      body = whole
    } catch is NIOTooManyBytesError {
      return respond(policies.tooLarge(guarded.policy), policy: name)
    }
    switch guarded.exchange(body: body, worker: service.worker) {
    case .answer(let answer):
      return respond(answer, policy: name)
    case .pass where isNested:
      return try await next(request.replayable(body), context)
    case .pass:
      return try await pass(request.replayable(body, attempt: nil), context, ignoredKey: false, next)
    case .exchange(_, let key) where isNested && RunningExchanges.current.contains(key, in: service):
      nesting.say(context.logger, policy: name)
      return try await next(request.replayable(body), context)
    case .exchange(let exchange, let key):
      guard service.isAccepting else { return respond(policies.notReady(), policy: name) }
      // `next` must not be used after this function has returned; `Operation.ended` is waited for before it does.
      return await withoutActuallyEscaping(next) { next in
        let operation = Operation(
          request: request, body: body, context: context, limit: guarded.policy.limits.responseBody,
          next: next)
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

/// Says once that a middleware is mounted behind another one that guards the same.
private final class NestingNotice: Sendable {
  private let isSaid = Atomic(false)

  func say(_ logger: Logger, policy: String) {
    if isSaid.exchange(true, ordering: .relaxed) { return }
    logger.notice(
      "a request is guarded already by a middleware further out, and passes this one; is it mounted twice?",
      metadata: ["policy": "\(policy)"])
  }
}
