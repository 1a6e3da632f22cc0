using Xunit.v3;

namespace WatchPhoto.Testing;

/// <summary>
/// The collection of tests that measure the memory of their process: beside others they would measure those as well. xunit finds
/// its definition in the assembly of the tests only, so each assembly that has such tests has one.
/// </summary>
public static class MeasuredAlone
{
    public const string Name = "measured alone";

    /// <summary>Fails in a test that runs beside others.</summary>
    public static void Check() => Assert.True(
        TestContext.Current.TestCollection is IXunitTestCollection { DisableParallelization: true }, "It is measured beside other tests.");
}
