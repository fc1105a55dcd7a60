public import Idempotency

/// What was seen of a run: by its clients, by its origin, and in its store.
///
/// A recorder fills in what it can see; ``HistoryChecker`` checks what the parts that are there allow to check. All
/// times are nanoseconds by one clock, that of whoever recorded.
public struct History: Sendable {
  /// What the nodes were configured to do.
  public var settings: Settings
  /// Every request, in any order.
  public var calls: [Call] = []
  /// Every effect at the origin, in any order; its ledger.
  public var effects: [Effect] = []
  /// What stood under each key, whenever it changed; those of one key in the order of the changes.
  public var states: [State] = []
  /// Every command to the store, in any order.
  public var commands: [Command] = []
  /// What the nodes count: answers by ``Call/Answer/status``; nil where nobody asked them.
  public var counts: [IdempotencyStatus: Int]?
  /// What happened that is worth having happened (I15); by free names, such as `takeover`.
  public var situations: Set<String> = []
  /// When the faults stopped; nil where they never did.
  public var healed: Int64?
  /// Where nodes put back what the store forgets: the moments at which the promise for a key ended, by key.
  ///
  /// Nil where nobody puts anything back: there a key that has vanished is a new key.
  public var losses: [String: [Int64]]?
  /// From when the store went back until what it lost was due to be back: meanwhile a read may see what stood before.
  public var unsettled: [ClosedRange<Int64>] = []

  /// Makes an empty history.
  public init(settings: Settings) {
    self.settings = settings
  }

  /// What the nodes were configured to do.
  public struct Settings: Sendable, Hashable {
    /// What becomes of an unknown outcome; nil where nodes choose differently: then a second effect is allowed as under
    /// `execute-again`.
    public var unknownOutcome: UnknownOutcome?
    /// What another fingerprint gets.
    public var onMismatch: ExecutionPolicy.MismatchRule
    /// The lease, in nanoseconds.
    public var lease: Int64

    /// Makes settings of their parts.
    public init(unknownOutcome: UnknownOutcome?, onMismatch: ExecutionPolicy.MismatchRule = .reject, lease: Int64) {
      self.unknownOutcome = unknownOutcome
      self.onMismatch = onMismatch
      self.lease = lease
    }
  }

  /// One request and its answer, as its client saw them.
  public struct Call: Sendable, Hashable {
    /// Names this request among all of the run; the origin hears it and says it in its answer.
    public var nonce: String
    /// The key together with whose it is: what is one operation.
    public var key: String
    /// What is asked for; equal ones are the same request again.
    public var fingerprint: String
    /// When it was sent.
    public var invoked: Int64
    /// When its answer was there, or its client gave up.
    public var returned: Int64
    /// The answer; nil where its client got none.
    public var answer: Answer?
    /// It was sent after the faults had stopped, to see how its key has settled (I10).
    public var isProbe: Bool

    /// Makes a call of its parts.
    public init(
      nonce: String, key: String, fingerprint: String, invoked: Int64, returned: Int64, answer: Answer?,
      isProbe: Bool = false
    ) {
      self.nonce = nonce
      self.key = key
      self.fingerprint = fingerprint
      self.invoked = invoked
      self.returned = returned
      self.answer = answer
      self.isProbe = isProbe
    }

    /// What a client was answered.
    public struct Answer: Sendable, Hashable {
      /// What became of the request.
      public var status: IdempotencyStatus
      /// The HTTP status.
      public var code: Int
      /// The body; of an execution's own answer and its replays, the very bytes.
      public var body: String
      /// `Idempotency-Stored: pending`: it was given before it was stored.
      public var isPending: Bool
      /// The nonce of this very request, as the answer repeats it; nil where answers do not.
      public var echo: String?

      /// Makes an answer of its parts.
      public init(
        status: IdempotencyStatus, code: Int = 200, body: String, isPending: Bool = false, echo: String? = nil
      ) {
        self.status = status
        self.code = code
        self.body = body
        self.isPending = isPending
        self.echo = echo
      }
    }
  }

  /// One effect at the origin.
  public struct Effect: Sendable, Hashable {
    /// The request that had it.
    public var nonce: String
    /// The key of that request.
    public var key: String
    /// What it asked for.
    public var fingerprint: String
    /// The fencing number that came with it.
    public var attempt: Int
    /// When.
    public var time: Int64
    /// The body that the origin answers to it.
    public var body: String

    /// Makes an effect of its parts.
    public init(nonce: String, key: String, fingerprint: String, attempt: Int, time: Int64, body: String) {
      self.nonce = nonce
      self.key = key
      self.fingerprint = fingerprint
      self.attempt = attempt
      self.time = time
      self.body = body
    }
  }

  /// What stands under a key from a moment on.
  public struct State: Sendable, Hashable {
    /// The key.
    public var key: String
    /// Since when.
    public var time: Int64
    /// The record's head; nil for nothing.
    public var head: RecordHead?
    /// What follows the head, to see whether it changed.
    public var rest: String
    /// How long it still stands, in milliseconds; nil where that was not looked at, -1 for ever.
    public var timeToLive: Int64?
    /// It did not come about by a command: the store forgot its last writes, or its retention ended.
    public var isForgotten: Bool
    /// Its owner put it back after the store had forgotten it.
    public var isPutBack: Bool
    /// The store's own time, Unix milliseconds; nil where it was not seen.
    public var storeTime: Int64?

    /// Makes a state of its parts.
    public init(
      key: String, time: Int64, head: RecordHead?, rest: String = "", timeToLive: Int64? = nil,
      isForgotten: Bool = false, isPutBack: Bool = false, storeTime: Int64? = nil
    ) {
      self.key = key
      self.time = time
      self.head = head
      self.rest = rest
      self.timeToLive = timeToLive
      self.isForgotten = isForgotten
      self.isPutBack = isPutBack
      self.storeTime = storeTime
    }
  }

  /// One command to the store and its reply.
  public struct Command: Sendable {
    /// The record's name.
    public var key: RecordKey
    /// What was asked for.
    public var operation: StoreOperation
    /// When it was sent.
    public var invoked: Int64
    /// When its reply was there; nil where none came: then it may have been applied at any time after ``invoked``.
    public var returned: Int64?
    /// The reply; nil where none came.
    ///
    /// A command that was certainly not applied is no command.
    public var reply: StoreReply?
    /// The store's time in Unix milliseconds at the earliest and at the latest moment at which it can have been
    /// applied.
    public var storeTime: ClosedRange<Int64>

    /// Makes a command of its parts.
    public init(
      key: RecordKey, operation: StoreOperation, invoked: Int64, returned: Int64?, reply: StoreReply?,
      storeTime: ClosedRange<Int64>
    ) {
      self.key = key
      self.operation = operation
      self.invoked = invoked
      self.returned = returned
      self.reply = reply
      self.storeTime = storeTime
    }
  }
}
