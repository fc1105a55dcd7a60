import Idempotency
import IdempotencyTesting

extension LogCase {
  /// Orders: which commands come first.
  static let orders: [LogCase] = [
    LogCase("one after another", explained: true) {
      $0.add(0...10, CommandLog.reserve("a"), .granted)
      $0.add(20...30, CommandLog.reserve("b"), CommandLog.standing(CommandLog.reserved("a")))
      $0.add(40...50, CommandLog.complete("a"), .applied)
      $0.add(60...70, .read, CommandLog.standing(CommandLog.completed("a")))
    },
    LogCase("two reservations at once, the later one wins", explained: true) {
      $0.add(0...20, CommandLog.reserve("a"), CommandLog.standing(CommandLog.reserved("b")))
      $0.add(10...30, CommandLog.reserve("b"), .granted)
    },
    LogCase("two reservations at once, and both win", explained: false) {
      $0.add(0...20, CommandLog.reserve("a"), .granted)
      $0.add(10...30, CommandLog.reserve("b"), .granted)
    },
    LogCase("a read that overlaps a reservation sees nothing", explained: true) {
      $0.add(0...20, CommandLog.reserve("a"), .granted)
      $0.add(20...30, .read, .absent)
    },
    LogCase("a read after a reservation sees nothing", explained: false) {
      $0.add(0...20, CommandLog.reserve("a"), .granted)
      $0.add(21...30, .read, .absent)
    },
    LogCase("two reads see a completion in the wrong order", explained: false) {
      $0.add(0...5, CommandLog.reserve("a"), .granted)
      $0.add(10...60, CommandLog.complete("a"), .applied)
      $0.add(20...30, .read, CommandLog.standing(CommandLog.completed("a")))
      $0.add(40...50, .read, CommandLog.standing(CommandLog.reserved("a")))
    },
    LogCase("a completion that is told twice", explained: false) {
      $0.add(0...5, CommandLog.reserve("a"), .granted)
      $0.add(10...20, CommandLog.complete("a"), .applied)
      $0.add(30...40, CommandLog.complete("a"), .applied)
    },
    LogCase("a resent completion", explained: true) {
      $0.add(0...5, CommandLog.reserve("a"), .granted)
      $0.add(10...40, CommandLog.complete("a"), .already)
      $0.add(20...60, CommandLog.complete("a"), .applied)
    },
    LogCase("keys do not order each other", explained: true) {
      let other = RecordKey(unchecked: "wallet", scope: "-", clientKey: "k2")
      $0.add(0...20, CommandLog.reserve("a"), .granted)
      $0.add(30...40, CommandLog.reserve("b"), .granted, key: other)
    },
  ]

  /// Lost replies: a command that may have been applied at any later time, or never.
  static let lostReplies: [LogCase] = [
    LogCase("applied before the next command", explained: true) {
      $0.add(0...0, CommandLog.reserve("a"), nil)
      $0.add(10...20, .read, CommandLog.standing(CommandLog.reserved("a")))
    },
    LogCase("applied late", explained: true) {
      $0.add(0...0, CommandLog.reserve("a"), nil)
      $0.add(10...20, .read, .absent)
      $0.add(30...40, .read, CommandLog.standing(CommandLog.reserved("a")))
    },
    LogCase("never applied", explained: true) {
      $0.add(0...0, CommandLog.reserve("a"), nil)
      $0.add(10...20, CommandLog.reserve("b"), .granted)
      $0.add(30...40, .read, CommandLog.standing(CommandLog.reserved("b")))
    },
    LogCase("not applied before it was sent", explained: false) {
      $0.add(0...10, .read, CommandLog.standing(CommandLog.reserved("a")))
      $0.add(20...20, CommandLog.reserve("a"), nil)
    },
    LogCase("applied, and then not", explained: false) {
      $0.add(0...0, CommandLog.reserve("a"), nil)
      $0.add(10...20, .read, CommandLog.standing(CommandLog.reserved("a")))
      $0.add(30...40, .read, .absent)
    },
    LogCase("one lost completion explains one change, not two", explained: false) {
      $0.add(0...5, CommandLog.reserve("a"), .granted)
      $0.add(10...10, CommandLog.complete("a"), nil)
      $0.add(20...30, .read, CommandLog.standing(CommandLog.completed("a")))
      $0.add(40...50, CommandLog.complete("a"), .applied)
    },
    LogCase("within its window of the store's time only", explained: false) {
      $0.add(0...0, CommandLog.reserve("a"), nil, storeTime: 0...5)
      $0.add(10...20, .read, .absent)
      $0.add(30...40, .read, CommandLog.standing(CommandLog.reserved("a")))
    },
  ]

  /// The store's time: leases and records that end.
  static let times: [LogCase] = [
    LogCase("taken over before the lease is over", explained: false) {
      $0.add(0...5, CommandLog.reserve("a"), .granted)
      $0.add(90...99, CommandLog.reclaim, .reclaimed(attempt: 2))
    },
    LogCase("taken over at the end of the lease, somewhere in the window", explained: true) {
      $0.add(0...5, CommandLog.reserve("a"), .granted)
      $0.add(90...110, CommandLog.reclaim, .reclaimed(attempt: 2))
    },
    LogCase("windows of the store's time that are open", explained: true) {
      $0.add(0...5, CommandLog.reserve("a", ttl: 50), .granted, storeTime: 0...10_000_000_000_000_000)
      $0.add(90...110, .read, .absent, storeTime: 0...10_000_000_000_000_000)
    },
    LogCase("not taken over, and the lease was over", explained: false) {
      $0.add(0...5, CommandLog.reserve("a"), .granted)
      $0.add(100...110, CommandLog.reclaim, CommandLog.standing(CommandLog.reserved("a")))
    },
    LogCase("not taken over yet, then taken over", explained: true) {
      $0.add(0...5, CommandLog.reserve("a"), .granted)
      $0.add(95...105, CommandLog.reclaim, CommandLog.standing(CommandLog.reserved("a")))
      $0.add(95...105, CommandLog.reclaim, .reclaimed(attempt: 2))
    },
    LogCase("the store's time ran backwards", explained: false) {
      $0.add(0...5, CommandLog.reserve("a"), .granted)
      $0.add(95...96, .read, CommandLog.standing(CommandLog.reserved("a")), storeTime: 100...100)
      $0.add(97...110, CommandLog.reclaim, CommandLog.standing(CommandLog.reserved("a")), storeTime: 95...110)
    },
    LogCase("the store's time would have to run backwards, and need not", explained: true) {
      $0.add(0...5, CommandLog.reserve("a"), .granted)
      $0.add(95...98, .read, CommandLog.standing(CommandLog.reserved("a")), storeTime: 100...100)
      $0.add(97...110, CommandLog.reclaim, CommandLog.standing(CommandLog.reserved("a")), storeTime: 95...110)
    },
    LogCase("the attempt is not the next one", explained: false) {
      $0.add(0...5, CommandLog.reserve("a"), .granted)
      $0.add(200...210, CommandLog.reclaim, .reclaimed(attempt: 3))
    },
    LogCase("gone at its end", explained: true) {
      $0.add(0...0, CommandLog.reserve("a", ttl: 50), .granted)
      $0.add(50...50, .read, CommandLog.standing(CommandLog.reserved("a")))
      $0.add(51...51, .read, .absent)
    },
    LogCase("gone before its end", explained: false) {
      $0.add(0...0, CommandLog.reserve("a", ttl: 50), .granted)
      $0.add(50...50, .read, .absent)
    },
    LogCase("there after its end", explained: false) {
      $0.add(0...0, CommandLog.reserve("a", ttl: 50), .granted)
      $0.add(51...51, .read, CommandLog.standing(CommandLog.reserved("a")))
    },
    LogCase("its end says when in its window it was written", explained: true) {
      $0.add(0...10, CommandLog.reserve("a", ttl: 50), .granted)
      $0.add(55...55, .read, CommandLog.standing(CommandLog.reserved("a")))
      $0.add(57...57, .read, .absent)
    },
    LogCase("put back by its owner, under execute-again while its lease lives", explained: true) {
      $0.add(90...110, CommandLog.complete("a"), .restored)
    },
    LogCase("put back by its owner after its lease", explained: false) {
      $0.add(100...110, CommandLog.complete("a"), .restored)
    },
  ]
}
