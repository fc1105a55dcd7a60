public import Idempotency

/// Every order in which two requests with one key at two nodes can go, with every fault that a budget allows.
///
/// The real engine and the memory store's own rules, in virtual time. A step is the smallest thing after which somebody
/// else can act; ``search()`` takes every step that is possible in every state, and goes into no state twice. What a
/// simulation finds by luck among long runs, this finds for certain among short ones.
public struct SmallSpace {
  /// What the two requests are, and how much may go wrong.
  public struct Settings: Sendable, Hashable {
    /// What the nodes choose for unknown outcomes.
    public var choices: [UnknownOutcome]
    /// Whether the second request asks for something else than the first.
    public var isMismatch = false
    /// Whether a duplicate waits for the first.
    public var waits = false
    /// What may go wrong.
    public var budget: SmallSpaceBudget
    /// A deliberate mistake; nil for the real engine.
    public var mutation: SimulationMutation?

    /// Makes settings; nodes with equal choices and requests that are the same.
    public init(unknownOutcome: UnknownOutcome, budget: SmallSpaceBudget, mutation: SimulationMutation? = nil) {
      choices = [unknownOutcome, unknownOutcome]
      self.budget = budget
      self.mutation = mutation
    }
  }

  /// What a search came to.
  public struct Result: Sendable {
    /// States that differ, each entered once.
    public var states = 0
    /// Steps that were taken.
    public var steps = 0
    /// Runs that were brought to their end without further faults, and then probed.
    public var ends = 0
    /// The longest run, in steps.
    public var depth = 0
    /// What happened in some run that is worth having happened (I15).
    public var situations: Set<String> = []
    /// The first violation, and the steps that led to it; nil where there is none.
    public var violation: Violation?
    /// The search went through everything; false where a violation or a limit ended it.
    public var isComplete = false

    /// What must never be.
    public struct Violation: Sendable, Hashable {
      /// The invariant and how it is broken.
      public var text: String
      /// What led to it, in order; each line begins with the time in milliseconds.
      public var steps: [String]
    }
  }

  private let settings: Settings
  private var seen: Set<Int> = []
  private var result = Result()

  /// Prepares a search.
  public init(_ settings: Settings) { self.settings = settings }

  /// Goes through everything.
  /// - Parameter limit: States after which it gives up.
  /// - Returns: What it has found.
  public mutating func search(limit: Int = .max) -> Result {
    var open = [SmallWorld(settings)]
    seen.insert(open[0].digest)
    while let world = open.popLast() {
      result.states += 1
      result.depth = max(result.depth, world.trail?.length ?? 0)
      guard result.states <= limit else { return result }
      let steps = world.steps
      if steps.isEmpty {
        result.ends += 1
        guard close(world) else { return result }
      }
      for step in steps {
        var next = world
        next.situations.removeAll()
        next.take(step)
        result.steps += 1
        guard isSound(next) else { return result }
        if seen.insert(next.digest).inserted { open.append(next) }
      }
    }
    result.isComplete = true
    return result
  }

  private mutating func close(_ world: SmallWorld) -> Bool {
    var world = world
    world.close()
    return isSound(world)
  }

  private mutating func isSound(_ world: SmallWorld) -> Bool {
    result.situations.formUnion(world.situations)
    guard let violation = world.violation else { return true }
    result.violation = Result.Violation(text: violation, steps: world.trail?.texts ?? [])
    return false
  }
}
