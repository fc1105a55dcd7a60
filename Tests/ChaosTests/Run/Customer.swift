import Foundation
import Idempotency
import IdempotencyTesting
import NIOCore
import NIOPosix
@testable import Harness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A client that retries as it should: the same key and body, at any worker, after a pause, until it has an answer for
/// good.
struct Customer: Sendable {
  /// What came of one request.
  enum Outcome: Sendable {
    case answered(History.Call.Answer)
    /// Nobody listened: nothing was sent.
    case refused
    /// The connection ended, or the time was over, without an answer.
    case lost
  }

  let fleet: Fleet
  let recorder: Recorder

  /// Longer than anything that is not a fault, so that a client that lost a worker goes on soon.
  private var patience: TimeAmount { TimeAmount(fleet.options.originTimeout) + .seconds(2) }
  /// The pauses between tries, in milliseconds; doubled each time.
  private static let pauses = 20...250

  /// Sends one request for an order, to a worker of its own choice if it is not told.
  func ask(_ order: Order, at place: Int? = nil, isProbe: Bool = false) async -> Outcome {
    let workers = fleet.workers
    let place = place ?? Int.random(in: 0..<workers.count)
    return await ask(order, of: workers[place], at: place, isProbe: isProbe)
  }

  /// Sends one request for an order to a worker.
  func ask(_ order: Order, of worker: FleetWorker, at place: Int? = nil, isProbe: Bool = false) async -> Outcome {
    let nonce = recorder.nonce(for: order, at: place)
    let invoked = Instant.now
    var answer: History.Call.Answer?
    do {
      let reply = try await order.call(nonce: nonce).send(to: worker.url, within: patience)
      answer = History.Call.Answer(reply)
      if answer == nil { recorder.met("unlabelled answer \(reply.status)") }
    } catch  where Self.isRefusal(error) {
      return .refused
    } catch {
      // No answer.
    }
    recorder.write(
      History.Call(
        nonce: nonce, key: order.key, fingerprint: order.text, invoked: invoked, returned: Instant.now, answer: answer,
        isProbe: isProbe))
    return answer.map { .answered($0) } ?? .lost
  }

  /// Asks until the answer is one for good, or uncertainty has been confirmed.
  ///
  /// - Parameters:
  ///   - order: What is wanted.
  ///   - place: Where the first request goes; the others go anywhere.
  ///   - isProbe: Whether this is how a run looks how its keys have settled.
  /// - Returns: Whether it came to an end in time.
  @discardableResult
  func persist(_ order: Order, from place: Int? = nil, isProbe: Bool = false) async -> Bool {
    var pause = Self.pauses.lowerBound
    var place = place
    var uncertain = 0
    let end = ContinuousClock.now + .seconds(isProbe ? 30 : 20)
    while ContinuousClock.now < end, !Task.isCancelled {
      let outcome = await ask(order, at: place, isProbe: isProbe)
      place = nil
      switch outcome {
      case .refused:
        // As a load balancer does: on to the next, with hardly a pause.
        try? await Task.sleep(for: .milliseconds(2))
        continue
      case .answered(let answer):
        switch answer.status {
        case .executed where !answer.isPending: return true
        case .replayed, .notRetained, .mismatch: return true
        case .uncertain where fleet.options.unknownOutcome == .hold:
          uncertain += 1
          if uncertain == (isProbe ? 1 : 3) { return true }
        default: break
        }
      case .lost: break
      }
      try? await Task.sleep(for: .milliseconds(Int.random(in: pause / 2...pause)))
      pause = min(pause * 2, Self.pauses.upperBound)
    }
    return false
  }

  private static func isRefusal(_ error: any Error) -> Bool {
    if let error = error as? IOError { return error.errnoCode == ECONNREFUSED }
    guard let error = error as? NIOConnectionError else { return false }
    return error.connectionErrors.contains { ($0.error as? IOError)?.errnoCode == ECONNREFUSED }
  }
}
