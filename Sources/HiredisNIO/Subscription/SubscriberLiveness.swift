import NIOCore

/// When a connection that only listens has been silent for too long.
///
/// It is asked after an interval in which nothing was read, and is lost when it has then said nothing at all for an
/// interval since something was sent that it must answer. An answer is never due sooner than that, however long the silence
/// before it.
struct SubscriberLiveness {
  /// What to do now.
  enum Verdict: Equatable {
    /// The server answers nothing.
    case lost
    /// Send something that must be answered, and look again after an interval.
    case ask
    /// Look again then.
    case look(at: NIODeadline)
  }

  private let interval: TimeAmount
  /// When the first unanswered command was sent, or something was known to have been read since.
  private var since: NIODeadline
  /// How often something had been read by then.
  private var readMark: UInt64

  /// A connection was made.
  init(interval: TimeAmount, now: NIODeadline, readCount: UInt64) {
    self.interval = interval
    self.since = now
    self.readMark = readCount
  }

  /// A command was sent, and no answer was due before.
  ///
  /// What is sent behind one that is due changes nothing: a client that keeps sending must notice, too.
  mutating func sent(at now: NIODeadline, readCount: UInt64) {
    since = now
    readMark = readCount
  }

  /// It is time to look.
  mutating func check(at now: NIODeadline, readCount: UInt64, isAnswerDue: Bool) -> Verdict {
    if readCount != readMark {
      since = now
      readMark = readCount
    }
    if now < since + interval { return .look(at: since + interval) }
    return isAnswerDue ? .lost : .ask
  }
}
