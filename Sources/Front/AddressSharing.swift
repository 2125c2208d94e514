/// Whether other front doors of this process listen at the same address, each on a loop of its own.
public enum AddressSharing: Sendable {
    /// None does.
    case alone
    /// Others are to, and this one is the first.
    case first
    /// Others do already.
    case further

    /// Of one among so many, which are counted from 0 in the order in which they are opened.
    public init(number: Int, of count: Int) {
        self = count == 1 ? .alone : number == 0 ? .first : .further
    }
}
