import NIOCore
import NIOPosix
import Testing

@testable import Idempotency

/// Who waits for a record of a memory store is told when the scripts would publish (rule E18).
@Suite struct MemoryStoreWatchTests {
  private let clock = ServiceClock()
  private let store: MemoryStore
  private let key = ServiceBench.key
  private let owner = OwnerToken(high: 1, low: 1)

  init() {
    store = MemoryStore(clock: clock)
  }

  private func record(_ state: RecordState, _ token: OwnerToken, _ choice: UnknownOutcome = .hold) -> Record {
    Record(
      head: RecordHead(
        state: state, token: token, fingerprint: ServiceBench.fingerprint,
        leaseDeadline: clock.upperBound(at: .now)! + 1_000, attempt: 1, unknownOutcome: choice),
      metadata: RecordMetadata(worker: "w", created: 0, status: state == .completed ? 200 : nil))
  }

  /// How often a watcher is told of the operations, the first telling not counted.
  private func told(_ choice: UnknownOutcome = .hold, _ operations: StoreOperation...) throws -> Int {
    _ = try store.apply(.reserve(record: record(.reserved, owner, choice), ttl: 100_000), to: key)
    let counter = ServiceCounter()
    let watch = store.watch(key) { _ = counter.add() }
    for operation in operations { _ = try store.apply(operation, to: key) }
    watch.cancel()
    return counter.count - 1
  }

  @Test("It is told once at the beginning, of its own record only, and not after it has gone (E18)")
  func beginsAndEnds() throws {
    let (mine, others) = (ServiceCounter(), ServiceCounter())
    let watch = store.watch(key) { _ = mine.add() }
    let other = store.watch(RecordKey(unchecked: "service", scope: "-", clientKey: "other")) { _ = others.add() }
    _ = try store.apply(.reserve(record: record(.reserved, owner), ttl: 100_000), to: key)
    #expect(mine.count == 1)
    let completion = StoreOperation.complete(
      token: owner, ownDeadline: 0, record: record(.completed, owner), ttl: 100_000)
    _ = try store.apply(completion, to: key)
    #expect(mine.count == 2)
    #expect(others.count == 1)
    watch.cancel()
    watch.cancel()
    other.cancel()
    store.remove(key)
    _ = try store.apply(completion, to: key)
    #expect(mine.count == 2)
  }

  @Test("Completion, release and uncertainty are told; a repetition, a renewal and a refusal are not (E18)")
  func operations() throws {
    let complete = StoreOperation.complete(
      token: owner, ownDeadline: 0, record: record(.completed, owner), ttl: 100_000)
    #expect(try told(.hold, complete, complete) == 1)
    store.remove(key)
    let release = StoreOperation.release(
      token: owner, expected: nil, tainted: false, record: record(.free, owner), ttl: 100_000, shortTTL: 100_000)
    #expect(try told(.hold, release, release) == 1)
    store.remove(key)
    let mark = StoreOperation.markUncertain(token: owner, record: record(.uncertain, owner), ttl: 100_000)
    let resolve = StoreOperation.resolve(
      token: owner, attempt: 1, newToken: OwnerToken(high: 9, low: 9), record: record(.free, owner), ttl: 100_000,
      wait: 0, force: true)
    #expect(try told(.hold, mark, resolve) == 2)
    store.remove(key)
    let renew = StoreOperation.renew(token: owner, deadline: 0, record: record(.reserved, owner), ttl: 100_000)
    let stranger = StoreOperation.markUncertain(
      token: OwnerToken(high: 5, low: 5), record: record(.uncertain, owner), ttl: 100_000)
    #expect(try told(.hold, renew, stranger, .read) == 0)
  }

  @Test(
    "A reclaim that settles the key is told; one that takes it over is not (E18)", arguments: UnknownOutcome.allCases)
  func reclaim(_ choice: UnknownOutcome) throws {
    let taker = OwnerToken(high: 2, low: 2)
    let reclaim = StoreOperation.reclaim(
      expected: owner, expectedState: .reserved, record: record(.reserved, taker, choice), ttl: 100_000,
      uncertainTTL: 100_000, lost: record(.completed, taker, choice))
    _ = try store.apply(.reserve(record: record(.reserved, owner, choice), ttl: 100_000), to: key)
    clock.advance(by: 2_000)
    #expect(try told(choice, reclaim) == (choice == .executeAgain ? 0 : 1))
  }

  @Test("On an event loop the reply comes on the loop, and never before the call has returned")
  func eventLoop() async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let record = record(.reserved, owner)
    let isLater = try await loop.flatSubmit {
      let promise = loop.makePromise(of: Bool.self)
      let hasReturned = NIOLoopBoundBox(false, eventLoop: loop)
      self.store.perform(.reserve(record: record, ttl: 1_000), for: self.key, on: loop) { result in
        promise.succeed(loop.inEventLoop && hasReturned.value && result == .success(.granted))
      }
      hasReturned.value = true
      return promise.futureResult
    }.get()
    #expect(isLater)
  }
}
