namespace WatchPhoto.Contracts;

/// <summary>A message on the bus. Whoever receives one asks it for its problem before anything is done with it.</summary>
public interface IMessage
{
    /// <summary>What is wrong with the message by itself, in one sentence; null: nothing.</summary>
    string? Problem();
}
