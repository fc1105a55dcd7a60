import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import NIOCore

/// What owners sent at once about fresh keys, and what a real Redis replied.
struct ScriptRun: Sendable {
  let seed: UInt64
  private(set) var history: History
  /// Each command with its outcome, such as `reclaim granted`; those included whose reply counts as lost.
  private(set) var seen: Set<String> = []

  /// Commands of each owner: enough for a key to go through several hands.
  private static let length = 12
  /// How many replies in a hundred count as lost: the search then may not know what in truth was applied.
  private static let lost = 8

  /// Sends everything and waits for the replies; `name` sets the keys apart from other runs' with this seed.
  init(seed: UInt64, on fixture: ScriptFixture, name: String = "seed") async throws {
    self.seed = seed
    history = History(settings: .init(unknownOutcome: nil, lease: 25_000_000))
    var random = SeededRandom(seed: seed)
    let ownerCount = random.pick([3, ScriptFixture.ownerCount])
    let keys = (0..<random.pick([1, 2])).map {
      RecordKey(unchecked: "scripts", scope: "-", clientKey: "\(name)-\(seed)-\($0)")
    }
    let owners = (0..<ownerCount).map { ($0, ScriptOwner(name: "owner \($0)", seed: random.next())) }
    try await withThrowingTaskGroup(of: (commands: [History.Command], seen: Set<String>).self) { group in
      for (index, owner) in owners {
        group.addTask { try await Self.run(owner, index, keys, fixture) }
      }
      for try await result in group {
        history.commands += result.commands
        seen.formUnion(result.seen)
      }
    }
  }

  private static func run(
    _ owner: ScriptOwner, _ index: Int, _ keys: [RecordKey], _ fixture: ScriptFixture
  ) async throws -> (commands: [History.Command], seen: Set<String>) {
    var owner = owner
    var commands: [History.Command] = []
    var seen: Set<String> = []
    owner.now = try await fixture.time()
    for _ in 0..<length {
      var key = owner.random.pick(keys)
      var operation = owner.operation(for: key)
      var store = fixture.stores[index]
      // The same command once more, on another connection, as after a lost reply.
      if owner.random.chance(15), let last = commands.last {
        (key, operation) = (last.key, last.operation)
        store = owner.random.pick(fixture.stores)
      }
      let (before, invoked) = (owner.now, BootInstant.now.nanoseconds)
      let reply = try await store.perform(operation, for: key)
      let returned = BootInstant.now.nanoseconds
      owner.now = try await fixture.time()
      seen.insert("\(operation.kind) \(name(of: reply))")
      let isLost = owner.random.chance(lost)
      if !isLost { owner.note(reply, to: operation, of: key) }
      commands.append(
        History.Command(
          key: key, operation: operation, invoked: invoked, returned: isLost ? nil : returned,
          reply: isLost ? nil : reply, storeTime: before...(isLost ? .max : owner.now)))
    }
    return (commands, seen)
  }

  static func name(of reply: StoreReply) -> String {
    switch reply {
    case .granted: "granted"
    case .record: "record"
    case .absent: "absent"
    case .outcome(let outcome): "\(outcome)"
    case .reclaimed: "granted"
    case .nowUncertain: "nowUncertain"
    case .settled: "settled"
    case .unreadable: "unreadable"
    }
  }

  /// Every command with every outcome it can have on a key that holds records only.
  static let outcomes: Set<String> = [
    "reserve granted", "reserve record", "read record", "read absent", "complete applied", "complete already",
    "complete restored", "complete lost", "renew applied", "renew restored", "renew lost", "release applied",
    "release already", "release restored", "release lost", "markUncertain applied", "markUncertain already",
    "markUncertain restored", "markUncertain lost", "reclaim granted", "reclaim record", "reclaim absent",
    "reclaim nowUncertain", "reclaim settled", "resolve applied", "resolve already", "resolve lost",
    "resolve tooEarly", "putBack applied", "putBack already", "putBack restored", "putBack lost",
  ]

  var violations: [HistoryChecker.Violation] { HistoryChecker(history).violations() }
}

extension ScriptRun {
  /// A second reservation of a key is told that it was granted: two cannot be, for no record ends here.
  ///
  /// - Returns: Whether there was one to tell; the other grant must be among the replies that were not lost.
  mutating func forgeGrant() -> Bool {
    for index in history.commands.indices {
      guard case .record = history.commands[index].reply, history.commands[index].operation.kind == .reserve,
        history.commands.contains(where: { $0.key == history.commands[index].key && Self.creates($0) })
      else { continue }
      history.commands[index].reply = .granted
      return true
    }
    return false
  }

  /// What is put back may stand over an earlier record.
  private static func creates(_ command: History.Command) -> Bool {
    command.reply == .granted || command.reply == .outcome(.restored) && command.operation.kind != .putBack
  }

  /// A record that was read gets a body that nobody wrote.
  mutating func forgeRecord() -> Bool {
    for index in history.commands.indices {
      guard case .record(let record) = history.commands[index].reply else { continue }
      var bytes = record.bytes
      bytes.writeString("x")
      guard let forged = StoredRecord(bytes: bytes) else { continue }
      history.commands[index].reply = .record(forged)
      return true
    }
    return false
  }
}
