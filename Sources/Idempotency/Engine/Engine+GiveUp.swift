extension Engine {
  /// The operation has been silent for too long.
  mutating func silence(_ moment: Moment) -> [Action] {
    guard phase == .executing || phase == .executingUnguarded else { return [] }
    return giveUp(.silent, open: true, moment)
  }

  private mutating func giveUp(_ reason: StandIn, open: Bool, _ moment: Moment) -> [Action] {
    let answer = standIn(reason)
    stoodIn = answer
    return operationEnded(.unknown(answer, open: open), moment)
  }

  /// The node stops: what runs becomes uncertain, what does not run yet never will.
  mutating func abandon(_ moment: Moment) -> [Action] {
    switch phase {
    case .executing, .executingUnguarded:
      return giveUp(.stopped, open: false, moment)
    case .preparedUnguarded, .idle:
      return conclude(.stopping)
    case .reserving, .reclaiming, .prepared, .renewingBeforeExecution:
      return answer(.stopping) + releaseNow()
    case .reading:
      return answer(.stopping) + (mayHold ? releaseNow() : finish())
    case .waiting:
      return [.unwatch] + conclude(.stopping)
    case .awaitingLateAnswer:
      return finish()
    case .marking:
      pending?.open = false
      return []
    case .completing, .readingAfterLoss, .releasing, .finished:
      return []
    }
  }
}
