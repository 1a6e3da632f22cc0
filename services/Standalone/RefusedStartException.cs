using WatchPhoto.Hosting;

namespace WatchPhoto.Standalone;

/// <summary>What a person asked for cannot be started; the message is the sentence they get.</summary>
internal sealed class RefusedStartException(string sentence) : Exception(sentence), IOperatorError;
