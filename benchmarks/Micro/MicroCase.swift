/// One operation that is measured alone.
struct MicroCase {
  /// What is done, and to what.
  let name: String
  /// Makes what the operation needs, and gives the operation.
  ///
  /// A closure, so that only the chosen cases make theirs, and none of it is measured.
  let prepare: () throws -> () throws -> Void

  init(_ name: String, prepare: @escaping () throws -> () throws -> Void) {
    self.name = name
    self.prepare = prepare
  }

  /// Every case, in the order in which a request meets the steps.
  static var all: [MicroCase] { policies + keys + fingerprints + scopes + records + exchanges }
}
