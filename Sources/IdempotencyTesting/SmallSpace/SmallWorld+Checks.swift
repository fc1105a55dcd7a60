internal import Idempotency
internal import NIOCore

/// What must hold in every state.
extension SmallWorld {
  /// A waiter reads and nothing else; afterwards it tries to take the key once (rule E18).
  mutating func checkSending(_ kind: StoreOperation.Kind, _ index: Int) {
    if !parties[index].inFlight.insert(kind).inserted { violate("E", "party \(index) sends two \(kind) at a time") }
    if parties[index].isWatching, kind != .read { violate("E18", "party \(index) sends \(kind) while it waits") }
    guard parties[index].engine.hasWaited, kind == .reserve || kind == .reclaim else { return }
    situations.insert("\(kind) after waiting")
    if parties[index].hasTaken, !parties[index].mayResend {
      violate("E18", "party \(index) takes the key more than once after waiting")
    }
    parties[index].hasTaken = true
    parties[index].mayResend = false
  }

  /// I5 to I7: states move along the diagram, a lease that lives is nobody else's, attempts never decrease.
  mutating func checkChange(from before: RecordHead?, by operation: StoreOperation, _ reply: StoreReply) {
    let after = head
    switch reply {
    case .reclaimed: situations.insert("reclaimed")
    case .nowUncertain: situations.insert("called uncertain")
    case .settled: situations.insert("settled for a lost executor")
    case .outcome(.lost): situations.insert("lost \(operation.kind) refused")
    default: break
    }
    guard let before, before != after else { return }
    guard let after else { return violate("I5", "the record vanishes by \(operation.kind)") }
    if after.attempt < before.attempt { violate("I7", "\(operation.kind) takes the attempt back") }
    if before.state == .completed || before.state == .notRetained {
      violate("I5", "\(operation.kind) changes what is completed")
    }
    if before.state == .reserved, after.token != before.token, before.leaseDeadline > storeTime {
      violate("I6", "\(operation.kind) takes a lease that lives")
    }
    if case .complete(let token, _, _, _) = operation, after.state == .completed, before.token != token {
      violate("I7", "a completion of another token is taken")
    }
  }

  /// Attempts that reach the origin only grow, and each is given once.
  mutating func checkAttempt(_ attempt: Int, _ index: Int) {
    if attempt <= highestAttempt { violate("I7", "attempt \(attempt) is sent after attempt \(highestAttempt)") }
    if attempt > 1 { situations.insert("takeover") }
    highestAttempt = max(attempt, highestAttempt)
    if parties[index].isTakenBack { violate("I11", "party \(index) runs after it said that it would not") }
  }

  /// I1, I8, I11.
  mutating func checkEffects() {
    let effects = executions.filter(\.hasEffect)
    let runsOnce = settings.choices.allSatisfy { $0 != .executeAgain }
    if runsOnce, effects.count > 1 { violate("I1", "\(effects.count) effects") }
    for effect in effects where parties[effect.party].tries == effect.number && parties[effect.party].isTakenBack {
      violate("I11", "party \(effect.party) was told that nothing has happened")
    }
  }

  mutating func checkAnswer(_ answer: Engine.Answer, _ index: Int) {
    let party = parties[index]
    trail = SmallTrail(.answer(answer, party: index), at: time, after: trail)
    if party.hasAnswer { violate("E", "party \(index) is answered twice") }
    parties[index].hasAnswer = true
    switch answer {
    case .own(.executed, let pending):
      if !pending { final(party.own ?? party.engine.stoodIn.map { String(buffer: $0.body) } ?? "nothing", index) }
      if pending { situations.insert("pending") }
      parties[index].isFinal = !pending
    case .replay(let stored):
      situations.insert("replay")
      final((try? stored.decode()).map { String(buffer: $0.body) } ?? "cannot be read", index)
    case .settled(let stored): final(String(buffer: stored.body), index)
    case .notRetained: violate("I2", "party \(index): nothing was to be dropped")
    case .own(.released, _), .unavailable, .stopping: checkTakenBack(index)
    case .own(.uncertain, _), .uncertain: checkUncertain(answer, index)
    case .mismatch:
      situations.insert("mismatch")
      parties[index].isFinal = true
      checkTakenBack(index)
      if !settings.isMismatch { violate("I8", "party \(index) is told mismatch") }
    case .unreadable: violate("I5", "party \(index) cannot read the record")
    case .superseded: situations.insert("superseded")
    case .inProgress, .own(.unguarded, _): break
    }
  }

  /// I2 to I4: all final answers are the same, and one that some execution gave.
  private mutating func final(_ body: String, _ index: Int) {
    parties[index].isFinal = true
    if let told, told != body { violate("I2", "party \(index) is told \"\(body)\" after \"\(told)\"") }
    told = body
    let isReal = executions.contains { $0.hasEffect && "done by \($0.party).\($0.number)" == body }
    if !isReal, !settings.choices.contains(.store) { violate("I3", "party \(index) is told \"\(body)\"") }
  }

  private mutating func checkTakenBack(_ index: Int) {
    parties[index].isTakenBack = true
    checkEffects()
  }

  /// A key that stays uncertain has a cause; a lease that merely ended under a living owner is none.
  private mutating func checkUncertain(_ answer: Engine.Answer, _ index: Int) {
    situations.insert("uncertain")
    let isOwn = if case .own = answer { true } else { false }
    let isLasting = isOwn || parties[index].isProbe
    if isLasting, !isDisturbed { violate("P_CAUSE", "party \(index) is told uncertain, and nothing has happened") }
    guard parties[index].isProbe else { return }
    if !settings.choices.contains(.hold) { violate("I10", "uncertain when all is over") }
    parties[index].isFinal = true
  }
}
