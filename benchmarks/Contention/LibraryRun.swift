import Idempotency
import NIOCore
import Synchronization

/// The calls of one turn over the library, and the ledger of what they did.
final class LibraryRun: Sendable {
  private static let fingerprint = Fingerprint.of(
    operation: "transfer", payload: ByteBuffer(string: TransferRequest.body), pepper: .default)
  private static let answer = ByteBuffer(string: #"{"id":"tr_12345678","status":"done","amount":"100.00"}"#)

  private let order: [Int32]
  private let run = UInt64.random(in: .min ... .max)
  private let position = Atomic(0)
  private let ledger: Mutex<[Int]>
  private let pause: Duration

  init(order: [Int32], keys: Int, milliseconds: Int) {
    self.order = order
    ledger = Mutex(Array(repeating: 0, count: keys))
    pause = .milliseconds(milliseconds)
  }

  var effects: Int { ledger.withLock { $0.reduce(0, +) } }
  var mostEffects: Int { ledger.withLock { $0.max() ?? 0 } }

  /// One caller: calls until no key is left.
  func call(_ service: IdempotencyService) async -> LoadResult {
    var result = LoadResult()
    while true {
      let next = position.wrappingAdd(1, ordering: .relaxed).oldValue
      guard next < order.count else { return result }
      let begin = NIODeadline.now()
      let outcome = await call(service, key: Int(order[next]))
      result.record(outcome, nanoseconds: (NIODeadline.now() - begin).nanoseconds)
    }
  }

  private func call(_ service: IdempotencyService, key number: Int) async -> Outcome {
    do {
      let key = try RecordKey(keyspace: "transfers", key: try IdempotencyKey("\(run)-\(number)"))
      let result = try await service.perform(key: key, fingerprint: Self.fingerprint) { _ in
        self.ledger.withLock { $0[number] += 1 }
        if self.pause > .zero { try await Task.sleep(for: self.pause) }
        return Self.answer
      }
      return result.isReplayed ? .replayed : .executed
    } catch OperationError.inProgress {
      return .inProgress
    } catch OperationError.keyReused {
      return .mismatch
    } catch OperationError.outcomeUnknown {
      return .uncertain
    } catch {
      return .failed
    }
  }
}
