import Idempotency
import NIOCore

/// A guarded request whose body is being read.
final class Collecting {
  let guarded: GuardedRequest
  private(set) var body: ByteBuffer
  private var held: HeldShare
  private let begun = NIODeadline.now()

  /// How slow a body may be while more than half of the budget is used, in bytes a second.
  ///
  /// 16 KiB: a bad mobile connection. With 1 MiB a body is here after a minute and a half, or gone.
  private static let slowest = 16 << 10

  init(_ guarded: GuardedRequest, capacity: Int, budget: HeldBytes, place: CallerPlace?) {
    self.guarded = guarded
    held = HeldShare(of: budget, for: place)
    body = ByteBuffer()
    if capacity > 0 { body.reserveCapacity(capacity) }
  }

  /// Adds a piece; false where this worker then holds more than it may.
  func add(_ bytes: ByteBuffer) -> Bool {
    body.setOrAppend(bytes)
    return held.grow(to: body.readableBytes)
  }

  /// Counts the whole body; false as for ``add(_:)``.
  func countWhole() -> Bool { held.set(body.readableBytes) }

  /// Whether the body has taken so long that others need its place more.
  ///
  /// - Parameters:
  ///   - now: The time.
  ///   - budget: Of all bodies; while half of it is free no body is too slow.
  ///   - allowed: How long a pause may be, which a body has in all besides its bytes' time.
  /// - Returns: Whether it is to be refused.
  func isTooSlow(_ now: NIODeadline, _ budget: HeldBytes, allowed: TimeAmount) -> Bool {
    budget.isHalfUsed && now - begun >= allowed + .seconds(Int64(body.readableBytes / Self.slowest))
  }

  /// Hands over what is counted, together with the body.
  func takeHeld(_ budget: HeldBytes) -> HeldShare {
    var other = HeldShare(of: budget, for: held.place)
    swap(&held, &other)
    return other
  }
}

extension ClientConnection {
  /// Begins to read a guarded request's body, up to its policy's limit.
  func collect(_ guarded: GuardedRequest, _ request: Request) {
    guard !loop.isGivingBack || !guarded.hasKey else {
      return reply(request.site.policies.notReady(), policyIndex: guarded.policyIndex)
    }
    // Not by the length that it declares: who only announces a body must not keep others out.
    let place = CallerPlace(guarded.caller)
    guard !loop.shared.held.isExhausted(for: place) else { return refuseForRoom(guarded) }
    let declared = request.declaredLength
    // Nearly every body comes in one piece and is then not copied at all.
    phase = .collecting(
      Collecting(
        guarded, capacity: declared > 4_096 ? min(declared, 1 << 20) : 0, budget: loop.shared.held, place: place))
    lastActivity = .now()
    sayContinue()
    readOn()
  }

  func collect(_ bytes: ByteBuffer, _ collecting: Collecting) {
    guard collecting.body.readableBytes + bytes.readableBytes <= collecting.guarded.limits.requestBody else {
      let guarded = collecting.guarded
      return reply(loop.site.policies.tooLarge(guarded.policy), policyIndex: guarded.policyIndex)
    }
    if !collecting.add(bytes) { refuseForRoom(collecting.guarded) }
  }

  /// This worker holds as many bytes as it may: nothing of this request is executed (rule W9).
  private func refuseForRoom(_ guarded: GuardedRequest) {
    loop.metrics.requestRefusedForRoom()
    reply(loop.site.policies.full(), policyIndex: guarded.policyIndex)
  }

  /// The whole request is here: nothing is known of it to anybody before this moment.
  func collected(_ collecting: Collecting, _ trailers: FieldLines?) {
    guard let request else { return }
    let guarded = collecting.guarded
    guard collecting.countWhole() else { return refuseForRoom(guarded) }
    switch guarded.exchange(body: collecting.body, worker: loop.settings.workerID) {
    case .answer(let answer):
      reply(answer, policyIndex: guarded.policyIndex)
    case .pass:
      forward(request, ignoredKey: false, body: collecting.body, trailers: trailers)
    case .exchange(let machine, let key):
      loop.metrics.requestGuarded()
      let operation = GuardedOperation(
        request: request, body: collecting.body, trailers: trailers, client: address)
      let exchange = ExchangeRunner(
        machine: machine, key: key, guarded: guarded, site: request.site, operation: operation,
        held: collecting.takeHeld(loop.shared.held), client: self, loop: loop)
      phase = .exchanging(exchange)
      exchange.start()
      if isInputClosed { exchange.clientLeft() }
    }
  }

  /// The exchange of this connection's request has its answer.
  func exchanged(_ answer: HTTPAnswer, rest: AnswerRest?) {
    guard case .exchanging = phase, let request else {
      rest?.abandon()
      return
    }
    guard case .origin = answer.body, let rest else {
      rest?.abandon()
      return write(answer)
    }
    let forwarding = Forwarding(client: self, request: request, ignoredKey: false)
    phase = .forwarding(forwarding)
    forwarding.deliver(rest, as: answer)
  }
}
