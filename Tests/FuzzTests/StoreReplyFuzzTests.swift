import IdempotencyTesting
import Logging
import NIOCore
import Testing

@testable import HiredisNIO
@testable import Idempotency
@testable import IdempotencyRedis

@Suite("The store's replies: whatever a server says ends no process, and every command has an outcome")
struct StoreReplyFuzzTests {
  @Test("X14 any reply to any command is one that the command has, or a failure whose outcome is unknown")
  func replies() {
    Fuzz.run(20_000, reaching: ["record", "unreadable", "outcome", "reclaimed", "no answer", "refused"]) { fuzz in
      let operation = fuzz.random.operation()
      let command = StoreCommand(operation: operation, key: RedisRecordKey(prefix: "fuzz:", key: SeededRandom.key))
      let value = fuzz.random.storeReply()
      fuzz.show("\(operation.kind): \(value)")
      let result: Result<RESPValue, RedisError> =
        if case .error(let error) = value { .failure(RedisError(error)) } else { .success(value) }
      switch command.reply(to: result) {
      case .success(let reply): Self.expectFitting(reply, operation, &fuzz)
      case .failure(let failure):
        if case .refused = failure.kind { return fuzz.reach("refused") }
        fuzz.reach("no answer")
        fuzz.expect(failure.kind == .unknown, "\(failure.kind)")
        fuzz.expect(!failure.message.contains("SECRET"), "the log gets the reply: \(failure)")
      }
    }
  }

  private static func expectFitting(_ reply: StoreReply, _ operation: StoreOperation, _ fuzz: inout FuzzCase) {
    switch (operation.kind, reply) {
    case (.reserve, .granted), (.read, .absent), (.reclaim, .absent), (.reclaim, .nowUncertain), (.reclaim, .settled):
      break
    case (_, .unreadable): fuzz.reach("unreadable")
    case (.reserve, .record(let stored)), (.read, .record(let stored)), (.reclaim, .record(let stored)):
      fuzz.reach("record")
      fuzz.expect(
        (0...9_999_999_999_999).contains(stored.head.leaseDeadline), "a deadline of \(stored.head.leaseDeadline)")
      fuzz.expect((0...9_999).contains(stored.head.attempt), "an attempt of \(stored.head.attempt)")
      guard let record = try? stored.decode() else { return }
      let times = [record.metadata.created, record.metadata.completed, record.metadata.originTimeout]
      for case let time? in times + [record.metadata.lateAnswer] {
        fuzz.expect(RecordMetadata.times.contains(time), "a time of \(time)")
      }
    case (.reclaim, .reclaimed(let attempt)):
      fuzz.reach("reclaimed")
      fuzz.expect((1...9_999).contains(attempt), "attempt \(attempt)")
    case (.complete, .outcome), (.renew, .outcome), (.release, .outcome), (.markUncertain, .outcome),
      (.putBack, .outcome),
      (.resolve, .outcome):
      fuzz.reach("outcome")
    default: fuzz.fail("\(reply) is no reply to \(operation.kind)")
    }
  }

  @Test("An exchange that is fed any replies answers its caller, and asks for nothing that cannot be written")
  func exchanges() {
    Fuzz.run(6_000, reaching: ["executed", "replayed", "answered"]) { fuzz in
      var policy = ExecutionPolicy()
      policy.unknownOutcome = fuzz.random.pick(Array(UnknownOutcome.allCases))
      policy.onMismatch = fuzz.random.pick([.reject, .replay])
      policy.onInProgress = fuzz.random.pick([.reject, .wait(upTo: .seconds(5))])
      if fuzz.random.chance(20) { policy.retention = .seconds(Int64.max / 2) }
      var engine = Engine(
        fingerprint: fuzz.random.chance(50) ? .any : Fingerprint(high: 1, low: 1), policy: policy,
        token: SeededRandom.token,
        worker: "fuzz"
      ) { _ in StoredAnswer(status: 504) }
      var events: [ExchangeEvent<OperationOutcome>] = [.start]
      var answers = 0
      var isOver = false
      for step in 0..<200 where !isOver {
        guard !events.isEmpty else { break }
        let time = fuzz.random.chance(5) ? fuzz.random.integer() : 1_700_000_000_000 + Int64(step) * 7_000
        let moment = Moment(boot: BootInstant(nanoseconds: Int64(step) * 7_000_000_000), server: time)
        for action in engine.handle(events.removeFirst(), at: moment) {
          switch action {
          case .send(let operation):
            fuzz.expect(Self.isWritable(operation), "cannot be written: \(operation)")
            let command = StoreCommand(
              operation: operation, key: RedisRecordKey(prefix: "fuzz:", key: SeededRandom.key))
            let value = fuzz.random.chance(50) ? fuzz.random.usualReply(to: operation.kind) : fuzz.random.storeReply()
            switch command.reply(to: .success(value)) {
            case .success(let reply): events.append(.storeReplied(operation.kind, reply))
            case .failure(let failure): events.append(.storeFailed(operation.kind, failure))
            }
          case .prepare: events.append(.ready)
          case .execute:
            fuzz.reach("executed")
            let answer = StoredAnswer(status: Int(fuzz.random.integer()), body: ByteBuffer(string: "done"))
            events.append(
              .operation(
                fuzz.random.pick([
                  .done(answer, retained: fuzz.random.chance(50), retention: fuzz.random.integer()), .released,
                  .unknown(answer, open: fuzz.random.chance(50)),
                ])))
          case .schedule(let timer, let delay):
            fuzz.expect(delay >= 0, "a timer of \(delay) ms")
            events.append(.timer(timer))
          case .watch: events.append(fuzz.random.chance(20) ? .callerLeft : .changed)
          case .unwatch: break
          case .answer(let answer):
            answers += 1
            fuzz.reach("answered")
            if case .replay = answer { fuzz.reach("replayed") }
          case .finish: isOver = true
          }
        }
      }
      if !isOver { _ = engine.handle(.abandon, at: Moment(boot: BootInstant(nanoseconds: 0), server: nil)) }
      fuzz.expect(answers <= 1, "\(answers) answers")
      fuzz.expect(answers == 1 || !isOver, "no answer")
    }
  }

  /// Whether everything that an operation writes can be read again, and Redis takes its times.
  private static func isWritable(_ operation: StoreOperation) -> Bool {
    func reads(_ record: Record) -> Bool { (try? StoredRecord(record).decode()) == record }
    func isTime(_ milliseconds: Int64) -> Bool { (1...9_999_999_999_999).contains(milliseconds) }
    return switch operation {
    case .reserve(let record, let ttl): reads(record) && isTime(ttl)
    case .read: true
    case .complete(_, _, let record, let ttl): reads(record) && isTime(ttl)
    case .renew(_, let deadline, let record, let ttl): reads(record) && isTime(ttl) && isTime(deadline)
    case .release(_, _, _, let record, let ttl, let shortTTL): reads(record) && isTime(ttl) && isTime(shortTTL)
    case .markUncertain(_, let record, let ttl): reads(record) && isTime(ttl)
    case .reclaim(_, _, let record, let ttl, let uncertainTTL, let lost):
      reads(record) && isTime(ttl) && isTime(uncertainTTL) && lost.map(reads) ?? true
    case .putBack(let record, let ttl): (try? record.decode()) != nil && isTime(ttl)
    case .resolve(_, _, _, let record, let ttl, _, _): reads(record) && isTime(ttl)
    }
  }

  @Test("X13 any reply to TIME is a time that can be, or none")
  func time() {
    let quiet = Logger(label: "fuzz", factory: { _ in SwiftLogNoOpLogHandler() })
    Fuzz.run(8_000, reaching: ["known", "implausible", "no time"]) { fuzz in
      let parts = (0..<2).map { _ in RESPValue.bulkString(ByteBuffer(string: fuzz.random.digits())) }
      let value = fuzz.random.chance(70) ? RESPValue.array(parts) : fuzz.random.storeReply()
      fuzz.show("\(value)")
      let clock = NodeClock(logger: quiet)
      let sent = BootInstant(nanoseconds: Int64(fuzz.random.below(1_000_000_000)) * 1_000_000)
      guard let sample = NodeClock.sample(value, sent: sent, received: sent) else { return fuzz.reach("no time") }
      clock.set(sample)
      guard let bound = clock.upperBound(at: sent) else { return fuzz.reach("implausible") }
      fuzz.reach("known")
      fuzz.expect((0...10_000_000_000_000).contains(bound), "a bound of \(bound)")
      fuzz.expect(clock.upperBound(at: BootInstant(nanoseconds: .max)) == nil, "it never ages")
    }
  }

  @Test("Any reply to INFO is refused with what to change, or describes a server that is fit")
  func facts() {
    let good = [
      "redis_version:7.0.15", "maxmemory_policy:noeviction", "role:master", "loading:0", "run_id:r", "master_replid:h",
    ]
    Fuzz.run(4_000, reaching: ["fit", "unfit"]) { fuzz in
      var value = fuzz.random.storeReply()
      if fuzz.random.chance(70) {
        let text = Array(good.joined(separator: "\r\n").utf8)
        value = .bulkString(ByteBuffer(bytes: fuzz.random.chance(30) ? text : fuzz.random.mutated(text)))
      }
      fuzz.show("\(value)")
      do throws(RedisStoreError) {
        let facts = try ServerFacts(reply: value, address: "fuzz:1")
        try facts.check(address: "fuzz:1")
        fuzz.reach("fit")
        fuzz.expect(!facts.identity.runID.isEmpty && !facts.identity.replicationID.isEmpty, "it has no history")
      } catch {
        fuzz.reach("unfit")
        fuzz.expect(!error.message.isEmpty, "no message")
      }
    }
  }
}
