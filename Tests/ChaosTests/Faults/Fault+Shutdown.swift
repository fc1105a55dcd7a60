import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension Fault {
  /// Workers are asked to stop, as an orchestrator does, and nobody who was taken in is turned away.
  static let shutdown: [Fault] = [
    Fault(
      name: "SIGTERM under load", rules: "X11, I1", options: FleetOptions.patient,
      strike: { run in
        let subjects = try await run.subjects(at: 0, .afterEffect)
        let worker = run.fleet.workers[0]
        run.recorder.met("a worker ended")
        await worker.beginStopping()
        try await holds("new connections are refused") {
          guard let connection = try? await RawConnection.open(to: worker) else { return true }
          await connection.close()
          return false
        }
        for subject in subjects { subject.trap.open() }
        for subject in subjects { try await run.executed(subject) }
        try await run.endedWell(worker)
        try await run.fleet.replace(0)
      },
      audit: { $0.turnedAway() }),
    Fault(
      name: "rolling restart of all workers", rules: "X11, I1", choices: [.hold, .executeAgain],
      options: FleetOptions.patient,
      strike: { run in
        run.recorder.met("a worker ended")
        for (place, worker) in run.fleet.workers.enumerated() {
          let subject = try await run.subject(at: place, .afterEffect)
          await worker.beginStopping()
          subject.trap.open()
          try await run.executed(subject)
          try await run.endedWell(worker)
          try await run.fleet.replace(place)
        }
      },
      audit: { $0.turnedAway() }),
  ]
}

extension Run {
  /// Demands that a worker that was asked to stop does so, and by itself.
  fileprivate func endedWell(_ worker: FleetWorker) async throws {
    let status = await worker.ended()
    guard status == 0 else { throw HarnessError("a worker ended with \(status):\n\(worker.output)") }
  }

  /// The requests that a worker took in and did not answer, or with an error that is not 409.
  ///
  /// A request whose connection was closed before the worker read it goes to the next worker, as a load balancer has it:
  /// the origin has never heard of it.
  fileprivate func turnedAway() -> [String] {
    let performers = Set(ledger.effects.map(\.nonce))
    return recorder.calls.compactMap { call in
      guard let answer = call.answer else {
        return performers.contains(call.nonce) ? "\(call.nonce) reached the origin and was not answered" : nil
      }
      return answer.code >= 500 ? "\(call.nonce) was answered \(answer.code) \(answer.body)" : nil
    }
  }
}
