package import Idempotency

/// How one keepsake is put back: as a rule with its own command, and over an earlier attempt's record step by step.
///
/// A store that forgets a takeover has what was taken over again: a key that was free, or one that another's reservation
/// holds. The taker's own commands find another's token there and change nothing. But attempts never decrease, so a lower
/// one that stands proves that the store went back, and that the attempt which stands there was over: it is released in
/// its owner's stead, and the key taken again, with the same token, until it has its attempt; then the keepsake follows.
/// And a key that is free although it was held or completed was freed after the store had gone back, by somebody who gave
/// up a reservation: it is taken again, too, before it is granted to a second execution.
///
/// Each step is a command that was given before. Nobody is granted a key meanwhile, for every node settles.
///
/// Pure, so that the simulator runs the same: a shell sends ``operation`` and hands in its reply.
package struct PutBack: Sendable {
  private enum Step {
    case keepsake
    case reading
    case releasing
    case taking
    case last
  }

  private let keepsake: Keepsake
  private var step = Step.keepsake
  private var steps = 0
  /// What is to be sent now.
  package private(set) var operation: StoreOperation

  /// A store forgets a second or two, in which a key is hardly taken ten times; each takes three commands.
  private static let maximumSteps = 40

  /// Begins with the keepsake's own command.
  package init(_ keepsake: Keepsake) {
    self.keepsake = keepsake
    operation = keepsake.operation
  }

  /// Takes the reply to ``operation``.
  ///
  /// - Parameter reply: The reply.
  /// - Returns: Whether there is nothing more to send for this keepsake.
  package mutating func replied(_ reply: StoreReply) -> Bool {
    steps += 1
    guard let mine = keepsake.reservation, steps < Self.maximumSteps else { return true }
    switch (step, reply) {
    case (.keepsake, .outcome(.lost)), (.releasing, .outcome), (.taking, .record), (.taking, .absent):
      return next(.reading, .read)
    case (.reading, .record(let standing)):
      return over(standing.head, mine)
    case (.reading, .absent):
      return next(.last, keepsake.operation)
    case (.taking, .reclaimed(let attempt)) where attempt >= mine.head.attempt:
      return next(.last, keepsake.operation)
    case (.taking, .reclaimed):
      // Not its attempt yet: free again, so that the next taking counts one more.
      return next(.releasing, release(mine.head.token, mine))
    default:
      return true
    }
  }

  /// What is done about a record that an earlier attempt left; nothing about any other.
  private mutating func over(_ standing: RecordHead, _ mine: Record) -> Bool {
    let isEarlier = standing.attempt < mine.head.attempt
    switch standing.state {
    case .reserved where isEarlier, .uncertain where isEarlier:
      return next(.releasing, release(standing.token, mine))
    case .free where isEarlier || keepsake.isHeld:
      let take = StoreOperation.reclaim(
        expected: standing.token, expectedState: .free, record: mine, ttl: keepsake.ttl, uncertainTTL: keepsake.ttl,
        lost: nil)
      return next(.taking, take)
    default:
      return true
    }
  }

  private mutating func next(_ step: Step, _ operation: StoreOperation) -> Bool {
    self.step = step
    self.operation = operation
    return false
  }

  private func release(_ token: OwnerToken, _ mine: Record) -> StoreOperation {
    var record = mine
    record.head.state = .free
    record.head.token = token
    return .release(
      token: token, expected: nil, tainted: false, record: record, ttl: keepsake.ttl, absentTTL: keepsake.ttl)
  }
}

extension Keepsake {
  /// The reservation that its owner held, without which its outcome is not taken.
  fileprivate var reservation: Record? {
    switch operation {
    case .renew(_, let deadline, var record, _):
      record.head.leaseDeadline = max(record.head.leaseDeadline, deadline)
      return record
    case .complete(_, _, let outcome, _), .markUncertain(_, let outcome, _), .release(_, _, _, let outcome, _, _):
      var (head, metadata) = (outcome.head, outcome.metadata)
      head.state = .reserved
      (metadata.completed, metadata.status, metadata.fields) = (nil, nil, [])
      return Record(head: head, metadata: metadata)
    default: return nil
    }
  }

  /// Whether the key cannot be free unless the store went back; an operator frees an uncertain one, and its owner does.
  fileprivate var isHeld: Bool {
    switch operation {
    case .renew, .complete: true
    default: false
    }
  }

  fileprivate var ttl: Int64 {
    switch operation {
    case .renew(_, _, _, let ttl), .complete(_, _, _, let ttl), .markUncertain(_, _, let ttl),
      .release(_, _, _, _, let ttl, _):
      ttl
    default: 0
    }
  }
}
