#if DEBUG
  internal import Synchronization

  #if canImport(Glibc)
    internal import Glibc
  #elseif canImport(Musl)
    internal import Musl
  #else
    internal import Darwin
  #endif

  /// Where a test lets a process die: one point before each action and one before each event of an exchange, which is
  /// every moment at which a shell waits.
  ///
  /// Only in debug builds, and only where the environment names a point: `IDEMPOTENCY_CRASH_AT=reply-complete` ends the
  /// process with SIGKILL the first time it comes there, `reply-complete:3` the third time. By hand: no failpoint package
  /// for Swift is maintained.
  package enum CrashPoint {
    private static let chosen: (name: String, time: Int)? = {
      guard let text = getenv("IDEMPOTENCY_CRASH_AT").map({ String(cString: $0) }), !text.isEmpty else { return nil }
      let parts = text.split(separator: ":", maxSplits: 1)
      return (String(parts[0]), parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }()
    /// How often that point was passed.
    private static let passed = Atomic(0)

    /// The process dies here if this action, which is about to be carried out, is the point that was named.
    package static func pass<Answer>(_ action: ExchangeAction<Answer>) {
      if let chosen, chosen.name == name(action) { pass(chosen.time) }
    }

    /// The process dies here if this event, which the exchange has not been told of yet, is the point that was named.
    package static func pass<Outcome>(_ event: ExchangeEvent<Outcome>) {
      if let chosen, chosen.name == name(event) { pass(chosen.time) }
    }

    private static func pass(_ time: Int) {
      if passed.add(1, ordering: .relaxed).newValue == time { kill(getpid(), SIGKILL) }
    }

    static func name<Answer>(_ action: ExchangeAction<Answer>) -> String {
      switch action {
      case .send(let operation): "send-\(operation.kind)"
      case .prepare: "prepare"
      case .execute: "execute"
      case .schedule(let timer, _): "schedule-\(timer)"
      case .watch: "watch"
      case .unwatch: "unwatch"
      case .answer: "answer"
      case .finish: "finish"
      }
    }

    static func name<Outcome>(_ event: ExchangeEvent<Outcome>) -> String {
      switch event {
      case .start: "start"
      case .storeReplied(let kind, _): "reply-\(kind)"
      case .storeFailed(let kind, _): "failure-\(kind)"
      case .ready: "ready"
      case .operation: "operation"
      case .timer(let timer): "timer-\(timer)"
      case .changed: "changed"
      case .abandon: "abandon"
      case .callerLeft: "callerLeft"
      }
    }
  }
#endif
