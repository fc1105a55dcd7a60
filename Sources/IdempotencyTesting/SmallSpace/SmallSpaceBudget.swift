/// How often what may go wrong in a ``SmallSpace``.
public struct SmallSpaceBudget: Sendable, Hashable {
  /// Nodes that die, or are told to stop.
  public var crashes: Int
  /// Commands whose reply is lost or slow, that are dropped, refused, late or doubled.
  public var losses: Int
  /// Origins that refuse, or break off.
  public var origins: Int
  /// Requests that their clients send again after they had no final answer.
  public var retries: Int
  /// How often time goes on to the next moment at which something is due, or to the end of the lease that stands.
  public var ticks: Int
  /// How often the store forgets its last changes, and nodes put back what they know.
  public var forgets: Int

  /// Makes a budget of its parts.
  public init(crashes: Int, losses: Int, origins: Int, retries: Int, ticks: Int, forgets: Int = 0) {
    self.crashes = crashes
    self.losses = losses
    self.origins = origins
    self.retries = retries
    self.ticks = ticks
    self.forgets = forgets
  }
}
