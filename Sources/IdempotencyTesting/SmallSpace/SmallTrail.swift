internal import Idempotency

/// The way to a state, the last part first.
///
/// It is put into words only where somebody wants to read it: most ways end where all is well.
final class SmallTrail: Sendable {
  /// A part of a way.
  enum Part: Sendable {
    case step(SmallWorld.Step)
    case answer(Engine.Answer, party: Int)
    case probe
  }

  let part: Part
  let time: Int64
  let before: SmallTrail?
  let length: Int

  init(_ part: Part, at time: Int64, after before: SmallTrail?) {
    self.part = part
    self.time = time
    self.before = before
    length = (before?.length ?? 0) + 1
  }

  /// In words, the first part first.
  var texts: [String] {
    var texts: [String] = []
    var trail: SmallTrail? = self
    while let here = trail {
      let text =
        switch here.part {
        case .step(let step): "\(step)"
        case .answer(let answer, let party): "  party \(party): \(EngineText.text(answer))"
        case .probe: "probe"
        }
      texts.append("\(here.time) \(text)")
      trail = here.before
    }
    return texts.reversed()
  }
}
