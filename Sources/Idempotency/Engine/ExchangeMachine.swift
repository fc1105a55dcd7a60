/// A pure state machine of one guarded request: events in, actions out, nothing awaits inside.
///
/// Two shells drive such machines: ``IdempotencyService`` with async/await, and an event loop's channel handlers.
/// A shell hands in every event with the moment at which it happened, and carries out the actions in order.
public protocol ExchangeMachine: Sendable {
  /// What the operation came to, as the shell saw it.
  associatedtype Outcome: Sendable
  /// What the caller is told.
  associatedtype Answer: Sendable

  /// Takes one event and says what is to be done about it.
  mutating func handle(_ event: ExchangeEvent<Outcome>, at moment: Moment) -> [ExchangeAction<Answer>]

  /// What an operator should know about the event that was taken last, for the log; nil as a rule.
  var notice: String? { get }

  /// Bytes of an answer that the machine holds while the store does not take it.
  var pendingBytes: Int { get }

  /// Lets go of that answer: only that the operation is done will be stored.
  ///
  /// A shell says so when all its exchanges together hold too much.
  mutating func dropPendingBody()
}

extension ExchangeMachine {
  /// Nothing.
  public var notice: String? { nil }
}
