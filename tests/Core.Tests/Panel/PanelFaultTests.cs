using Edge.Core.Panel;
using Xunit;

namespace Edge.Core.Tests.Panel;

public class PanelFaultTests
{
    [Fact]
    public void Every_fault_has_its_own_two_digit_code()
    {
        string[] names = Enum.GetNames<PanelFault>();
        string[] codes = [.. Enum.GetValues<PanelFault>().Select(fault => fault.Code())];
        Assert.Equal(names.Length, codes.Distinct().Count());
        Assert.All(codes, code => Assert.Matches("^[1-9][0-9]$", code));
    }

    [Fact]
    public void A_code_that_was_printed_keeps_its_meaning() =>
        Assert.Equal(
            "11 NoNetwork, 12 NoAddress, 13 NetworkPassword, 14 SimCard, 15 NetworkSignIn, 16 RelayNotTrusted, 21 BoxRefused, 22 ClaimExpired, "
            + "31 SpaceLow, 32 DiskFailing, 41 Hot, 42 WeakPower",
            string.Join(", ", Enum.GetValues<PanelFault>().Select(fault => $"{fault.Code()} {fault}")));
}
