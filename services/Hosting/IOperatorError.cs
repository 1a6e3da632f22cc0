namespace WatchPhoto.Hosting;

/// <summary>An exception whose message says to the operator what is wrong and what to do.</summary>
public interface IOperatorError;
