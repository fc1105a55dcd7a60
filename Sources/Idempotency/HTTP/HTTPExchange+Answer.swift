internal import NIOCore

extension HTTPExchange {
  /// What the caller reads for the engine's answer.
  func render(_ answer: Engine.Answer) -> HTTPAnswer {
    switch answer {
    case .own(let standing, let pending): own(standing, pending: pending)
    case .replay(let record): replay(record)
    case .notRetained(let record): notRetained(record)
    case .settled(let stored): replay(stored)
    case .inProgress:
      problem(.inProgress, "The first request with this key still runs. Wait, then send the same request again.")
    case .mismatch:
      problem(.keyReused, "This key belongs to another request. A new operation needs a new key.")
    case .uncertain:
      problem(
        .outcomeUncertain,
        "Nobody knows yet whether this operation had its effect. It will not be run again under this key.")
    case .unavailable:
      problem(.storeUnavailable, "Nothing was executed. Send the same request, with the same key, again.")
    case .stopping:
      problem(.notReady, "Nothing was executed. Send the same request, with the same key, again.")
    case .unreadable:
      problem(
        .recordUnreadable,
        "What is stored under this key was not written by this service. "
          + (engine.hasExecuted ? "The operation ran, and its answer could not be stored." : "Nothing was executed."))
    case .superseded:
      problem(.originTimeout, "The operation ran, and its key was taken from it meanwhile.")
    }
  }

  /// The caller's own operation.
  private func own(_ standing: Engine.Standing, pending: Bool) -> HTTPAnswer {
    let label: IdempotencyStatus =
      switch standing {
      case .executed: .executed
      case .released: .released
      case .uncertain: .uncertain
      case .unguarded: .unguarded
      }
    // Where the origin said nothing, the engine's stand-in is the answer, the same bytes that it stored.
    var answer = own ?? HTTPAnswer(engine.stoodIn ?? engine.standIn(.silent))
    answer.label = label
    if pending { answer.fields.append(.init(name: "Idempotency-Stored", value: "pending")) }
    return answer
  }

  private func replay(_ stored: StoredRecord) -> HTTPAnswer {
    do throws(RecordError) {
      let record = try stored.decode()
      return replay(
        StoredAnswer(status: record.metadata.status ?? 200, fields: kept(record.metadata.fields), body: record.body))
    } catch {
      return undecodable(error)
    }
  }

  private func replay(_ stored: StoredAnswer) -> HTTPAnswer {
    var answer = HTTPAnswer(stored, label: .replayed)
    answer.fields.append(.init(name: policy.replayMarker, value: "true"))
    return answer
  }

  private func notRetained(_ stored: StoredRecord) -> HTTPAnswer {
    let metadata: RecordMetadata
    do throws(RecordError) { metadata = try stored.decode().metadata } catch { return undecodable(error) }
    var document = ProblemDocument(
      .responseNotRetained, detail: "Its answer was too large to be kept, or a stream. Ask for the resource itself.")
    document.status = policy.statuses.notRetained
    // An operator who settles a key by hand may know no status.
    document.members = metadata.status.map { [("original_status", String($0))] } ?? []
    document.fields = metadata.fields.filter { ["location", "etag"].contains($0.name.lowercased()) }
    return document.httpAnswer()
  }

  private func undecodable(_ error: RecordError) -> HTTPAnswer {
    switch error {
    case .tooNew: problem(.recordTooNew, "A newer version of this service wrote the record. Another node can read it.")
    case .unreadable: problem(.recordUnreadable, "The stored record is damaged. Nothing was executed.")
    }
  }

  private func problem(_ problem: Problem, _ detail: String) -> HTTPAnswer {
    var document = ProblemDocument(problem, detail: detail, policy: policy.execution.unknownOutcome)
    switch problem {
    case .keyReused: document.status = policy.statuses.mismatch
    case .inProgress: document.status = policy.statuses.inProgress
    case .outcomeUncertain: document.status = policy.statuses.uncertain
    default: break
    }
    return document.httpAnswer()
  }
}
